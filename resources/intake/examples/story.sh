#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The kit's story, told by a POSIX shell: sh story.sh; then strongroom intake check --expect.
set -eu
here=$(dirname "$0")
. "$here/strongroom.sh"

sr_start 'kit of intake' 'first "light"'
sr_param rate 0.1
sr_param 'quoted "name"' 'back\slash and "quotes"'
sr_param lines "$(printf 'one\n\ttwo')"
sr_param words 'naïve – 数'
step=0
while [ $step -lt 20 ]; do
    sr_metric loss "0.$((100 - step))" $step
    step=$((step + 1))
done
sr_metric val/acc NaN -3
sr_metric val/acc Infinity 0
sr_metric val/acc -Infinity 0
sr_metric val/acc -0.0 1
sr_metric val/acc 5e-324 2
sr_metric val/acc 1.7976931348623157e308 9223372036854775807
sr_metric val/acc 0.1 -9223372036854775808
sr_tag stage trial
sr_tag stage final
sr_tag gone soon
sr_untag gone
sr_note 'It converged.'
sr_note '<b>not bold</b>'
sr_input customers.csv sha256:1a2b3c
printf 'hello\n' > "$SR_STORE/.hello.$$"
sr_artifact "$SR_STORE/.hello.$$" report/hello.txt
: > "$SR_STORE/.hello.$$"
sr_artifact "$SR_STORE/.hello.$$" empty.bin
rm "$SR_STORE/.hello.$$"
sr_end FINISHED
echo "$SR_FOLDER"
