/* SPDX-License-Identifier: Apache-2.0
 * The kit's story, told by C: cc -std=c11 -D_GNU_SOURCE story.c -o story && ./story hello.txt empty.bin */
#include "strongroom.h"

#include <float.h>

int main(int count, char **names) {
    struct sr_run run;
    char number[32];
    int failed = count != 3 || sr_start(&run, NULL, "kit of intake", "first \"light\"");
    if (failed) return perror("story"), 1;
    failed |= sr_param(&run, "rate", "0.1");
    failed |= sr_param(&run, "quoted \"name\"", "back\\slash and \"quotes\"");
    failed |= sr_param(&run, "lines", "one\n\ttwo");
    failed |= sr_param(&run, "words", "na\xc3\xafve \xe2\x80\x93 \xe6\x95\xb0");
    for (int step = 0; step < 20; step++) {
        snprintf(number, sizeof number, "0.%d", 100 - step);
        failed |= sr_metric(&run, "loss", strtod(number, NULL), step);
    }
    failed |= sr_metric(&run, "val/acc", NAN, -3);
    failed |= sr_metric(&run, "val/acc", INFINITY, 0);
    failed |= sr_metric(&run, "val/acc", -INFINITY, 0);
    failed |= sr_metric(&run, "val/acc", -0.0, 1);
    failed |= sr_metric(&run, "val/acc", 5e-324, 2);
    failed |= sr_metric(&run, "val/acc", DBL_MAX, INT64_MAX);
    failed |= sr_metric(&run, "val/acc", 0.1, INT64_MIN);
    failed |= sr_tag(&run, "stage", "trial") | sr_tag(&run, "stage", "final");
    failed |= sr_tag(&run, "gone", "soon") | sr_tag(&run, "gone", NULL);
    failed |= sr_note(&run, "It converged.") | sr_note(&run, "<b>not bold</b>");
    failed |= sr_input(&run, "customers.csv", "sha256:1a2b3c");
    failed |= sr_artifact(&run, names[1], "report/hello.txt");
    failed |= sr_artifact(&run, names[2], "empty.bin");
    failed |= sr_end(&run, "FINISHED");
    if (failed) return perror("story"), 1;
    return puts(run.folder) < 0;
}
