/* SPDX-License-Identifier: Apache-2.0
 *
 * Logs a run into a Strongroom store from C or C++, without Strongroom being installed.
 * One file, POSIX, no library but the system's. Each call is one write(); what returned 0 survives
 * the end of the process. Functions return 0, or -1 with errno.
 *
 *   struct sr_run run;
 *   sr_start(&run, NULL, "churn", "first try");     NULL: STRONGROOM_STORE, else the default
 *   sr_metric(&run, "loss", 0.25, 7);
 *   sr_end(&run, "FINISHED");
 */
#ifndef STRONGROOM_H
#define STRONGROOM_H

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

struct sr_run {
    char run_id[33];
    char folder[3072];
    int file;
};

#define SR_LINE 65536 /* a longer text is an artifact */

static long long sr_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static uint32_t sr_crc(const char *data, size_t size) {
    uint32_t crc = 0xffffffffu;
    for (size_t at = 0; at < size; at++) {
        crc ^= (unsigned char)data[at];
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}

/* Writes the text as it stands between the quotes of JSON; NULL if there is no room. */
static char *sr_text(char *to, char *end, const char *text) {
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        const char *found = byte ? strchr("\b\f\n\r\t\"\\", byte) : NULL;
        if (end - to < 8) return NULL;
        if (found) {
            *to++ = '\\';
            *to++ = "bfnrt\"\\"[found - "\b\f\n\r\t\"\\"];
        } else if (byte < 32) {
            to += sprintf(to, "\\u%04x", byte);
        } else {
            *to++ = (char)byte;
        }
    }
    return to;
}

/* Appends one line with its checksum: the members without the closing brace. */
static int sr_line(struct sr_run *run, char *line, size_t size) {
    size += (size_t)sprintf(line + size, ",\"crc\":\"%08x\"}\n", sr_crc(line, size));
    ssize_t written = write(run->file, line, size);
    if (written == (ssize_t)size) return 0;
    if (written >= 0) {
        off_t end = lseek(run->file, 0, SEEK_END);
        if (ftruncate(run->file, end - written) != 0) return -1;
        errno = ENOSPC;
    }
    return -1;
}

/* Says a line made of pieces; every second one is a text that is to be written as JSON has it. */
static int sr_say(struct sr_run *run, const char *const *pieces, int count) {
    static char line[SR_LINE + 64];
    char *to = line, *end = line + SR_LINE;
    for (int at = 0; at < count; at++) {
        if (at % 2) {
            to = sr_text(to, end, pieces[at]);
        } else {
            size_t size = strlen(pieces[at]);
            if (size > (size_t)(end - to)) to = NULL;
            if (to) memcpy(to, pieces[at], size), to += size;
        }
        if (!to) return errno = EMSGSIZE, -1;
    }
    return sr_line(run, line, (size_t)(to - line));
}

static int sr_random(unsigned char *bytes, size_t size) {
    int file = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t got = read(file, bytes, size);
    close(file);
    return got == (ssize_t)size ? 0 : -1;
}

static int sr_folders(char *path) {
    for (char *at = path + 1; *at; at++) {
        if (*at != '/') continue;
        *at = 0;
        if (mkdir(path, 0777) != 0 && errno != EEXIST) return -1;
        *at = '/';
    }
    return mkdir(path, 0777) != 0 && errno != EEXIST ? -1 : 0;
}

static int sr_metric(struct sr_run *run, const char *key, double value, long long step) {
    char number[160];
    const char *word = isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    if (isfinite(value)) {
        char shortest[40];
        for (int digits = 15; digits <= 17; digits++) {
            snprintf(shortest, sizeof shortest, "%.*g", digits, value);
            if (strtod(shortest, NULL) == value) break;
        }
        if (!strpbrk(shortest, ".e")) strcat(shortest, ".0"); /* -0 would be a whole number */
        snprintf(number, sizeof number, "\",\"value\":%s,\"step\":%lld,\"time\":%lld", shortest,
                 step, sr_now());
    } else {
        snprintf(number, sizeof number, "\",\"value\":%s,\"step\":%lld,\"time\":%lld", word, step,
                 sr_now());
    }
    const char *const pieces[] = {"{\"metric\":\"", key, number};
    return sr_say(run, pieces, 3);
}

static int sr_param(struct sr_run *run, const char *key, const char *value) {
    const char *const pieces[] = {"{\"param\":\"", key, "\",\"value\":\"", value, "\""};
    return sr_say(run, pieces, 5);
}

/* A value of NULL removes the tag. */
static int sr_tag(struct sr_run *run, const char *key, const char *value) {
    const char *const pieces[] = {"{\"tag\":\"", key, value ? "\",\"value\":\"" : "\",\"value\":null",
                                  value ? value : "", "\""};
    return sr_say(run, pieces, value ? 5 : 3);
}

static int sr_note(struct sr_run *run, const char *text) {
    char time[48];
    snprintf(time, sizeof time, "\",\"time\":%lld", sr_now());
    const char *const pieces[] = {"{\"note\":\"", text, time};
    return sr_say(run, pieces, 3);
}

static int sr_input(struct sr_run *run, const char *name, const char *digest) {
    const char *const pieces[] = {"{\"input\":{\"name\":\"", name, "\",\"digest\":\"", digest,
                                  "\",\"context\":\"training\"}"};
    return sr_say(run, pieces, 5);
}

static int sr_end(struct sr_run *run, const char *status) {
    char time[48];
    snprintf(time, sizeof time, "\",\"time\":%lld", sr_now());
    const char *const pieces[] = {"{\"end\":\"", status, time};
    int failed = sr_say(run, pieces, 3);
    return fsync(run->file) | close(run->file) | failed;
}

static int sr_start(struct sr_run *run, const char *store, const char *experiment, const char *name) {
    unsigned char bytes[20];
    char month[8], place[2048], path[4096], host[256] = "", boot[37] = "", head[4096];
    const char *named = getenv("STRONGROOM_RUN_ID"), *user = getenv("USER");
    time_t seconds = time(NULL);
    struct tm utc;
    if (sr_random(bytes, sizeof bytes) != 0) return -1;
    for (int at = 0; at < 16; at++) sprintf(run->run_id + 2 * at, "%02x", bytes[at]);
    if (named && strlen(named) == 32) memcpy(run->run_id, named, 33);
    if (!store) store = getenv("STRONGROOM_STORE");
    if (store) {
        snprintf(place, sizeof place, "%s", store);
    } else {
        const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
        snprintf(place, sizeof place, "%s%s/strongroom/store", data ? data : home ? home : "",
                 data ? "" : "/.local/share");
    }
    strftime(month, sizeof month, "%Y-%m", gmtime_r(&seconds, &utc));
    snprintf(run->folder, sizeof run->folder, "%s/runs/%s/%s", place, month, run->run_id);
    if (sr_folders(run->folder) != 0) return -1;
    gethostname(host, sizeof host - 1);

    /* run.json is canonical JSON: members in this order, no spaces, nothing else. */
    char *to = head, *end = head + sizeof head - 256;
    const char *const pieces[] = {"{\"experiment\":\"", experiment, "\",\"format\":1,\"host\":\"",
                                  host, "\",\"name\":\"", name, "\",\"parent\":\"\",\"run_id\":\""};
    for (int at = 0; at < 7 && to; at++) {
        if (at % 2) to = sr_text(to, end, pieces[at]);
        else to += sprintf(to, "%s", pieces[at]);
    }
    if (to)
        to += sprintf(to, "%s\",\"source\":{},\"started\":%lld,\"user\":\"", run->run_id, sr_now());
    if (to) to = sr_text(to, end, user ? user : "");
    if (!to) return errno = EMSGSIZE, -1;
    to += sprintf(to, "\"}");
    snprintf(path, sizeof path, "%s/run.json", run->folder);
    if (access(path, F_OK) != 0) {
        char aside[4112];
        snprintf(aside, sizeof aside, "%s.%ld.tmp", path, (long)getpid());
        int file = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file < 0) return -1;
        int is_whole = write(file, head, (size_t)(to - head)) == to - head && fsync(file) == 0;
        if (close(file) != 0 || !is_whole || rename(aside, path) != 0) return unlink(aside), -1;
    }

    snprintf(path, sizeof path, "%s/w-%02x%02x%02x%02x.jsonl", run->folder, bytes[16], bytes[17],
             bytes[18], bytes[19]);
    run->file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    if (run->file < 0) return -1;
    FILE *kernel = fopen("/proc/sys/kernel/random/boot_id", "r");
    if (kernel) {
        if (!fgets(boot, 13, kernel)) boot[0] = 0;
        fclose(kernel);
    }
    int size = sprintf(head, "{\"plain\":1,\"run_id\":\"%s\",\"created\":%lld,\"pid\":%ld,"
                       "\"boot_id\":\"%s\",\"program\":\"strongroom.h\"", run->run_id, sr_now(),
                       (long)getpid(), boot);
    if (sr_line(run, head, (size_t)size) != 0) return -1;
    size = sprintf(head, "{\"status\":\"RUNNING\",\"time\":%lld", sr_now());
    return sr_line(run, head, (size_t)size);
}

/* ---------------------------------------------------------------- artifacts, by their SHA-256 */

struct sr_sum {
    uint32_t state[8];
    uint64_t size;
    unsigned char block[64];
};

static void sr_sum_block(struct sr_sum *sum) {
    static const uint32_t k[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
#define SR_TURN(x, n) (((x) >> (n)) | ((x) << (32 - (n))))
    uint32_t w[64], s[8];
    for (int at = 0; at < 16; at++)
        w[at] = (uint32_t)sum->block[4 * at] << 24 | (uint32_t)sum->block[4 * at + 1] << 16 |
                (uint32_t)sum->block[4 * at + 2] << 8 | sum->block[4 * at + 3];
    for (int at = 16; at < 64; at++)
        w[at] = w[at - 16] + w[at - 7] +
                (SR_TURN(w[at - 15], 7) ^ SR_TURN(w[at - 15], 18) ^ (w[at - 15] >> 3)) +
                (SR_TURN(w[at - 2], 17) ^ SR_TURN(w[at - 2], 19) ^ (w[at - 2] >> 10));
    memcpy(s, sum->state, sizeof s);
    for (int at = 0; at < 64; at++) {
        uint32_t one = s[7] + (SR_TURN(s[4], 6) ^ SR_TURN(s[4], 11) ^ SR_TURN(s[4], 25)) +
                       ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[at] + w[at];
        uint32_t two = (SR_TURN(s[0], 2) ^ SR_TURN(s[0], 13) ^ SR_TURN(s[0], 22)) +
                       ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += one;
        s[0] = one + two;
    }
    for (int at = 0; at < 8; at++) sum->state[at] += s[at];
#undef SR_TURN
}

static void sr_sum_add(struct sr_sum *sum, const unsigned char *data, size_t size) {
    for (size_t at = 0; at < size; at++) {
        sum->block[sum->size++ % 64] = data[at];
        if (sum->size % 64 == 0) sr_sum_block(sum);
    }
}

static void sr_sum_end(struct sr_sum *sum, char *hex) {
    uint64_t bits = sum->size * 8;
    unsigned char byte = 0x80, length[8];
    sr_sum_add(sum, &byte, 1);
    for (byte = 0; sum->size % 64 != 56;) sr_sum_add(sum, &byte, 1);
    for (int at = 0; at < 8; at++) length[at] = (unsigned char)(bits >> (56 - 8 * at));
    sr_sum_add(sum, length, 8);
    for (int at = 0; at < 8; at++) sprintf(hex + 8 * at, "%08x", sum->state[at]);
}

/* Keeps a file under a path among the artifacts: read once, durable before it is named. */
static int sr_artifact(struct sr_run *run, const char *file, const char *path) {
    struct sr_sum sum = {{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
                          0x1f83d9ab, 0x5be0cd19}, 0, {0}};
    static unsigned char data[1 << 16];
    char aside[4096], place[4096], hex[65], tail[160];
    size_t got, size = 0;
    snprintf(aside, sizeof aside, "%s/obj", run->folder);
    if (mkdir(aside, 0777) != 0 && errno != EEXIST) return -1;
    snprintf(aside, sizeof aside, "%s/obj/.%ld.tmp", run->folder, (long)getpid());
    FILE *from = fopen(file, "rb"), *to = from ? fopen(aside, "wb") : NULL;
    int failed = !to;
    while (!failed && (got = fread(data, 1, sizeof data, from)) > 0) {
        sr_sum_add(&sum, data, got);
        size += got;
        failed = fwrite(data, 1, got, to) != got;
    }
    failed = failed || ferror(from) || fflush(to) != 0 || fsync(fileno(to)) != 0;
    if (from) fclose(from);
    if (to && fclose(to) != 0) failed = 1;
    if (failed) return unlink(aside), -1;
    sr_sum_end(&sum, hex);
    snprintf(place, sizeof place, "%s/obj/%s", run->folder, hex);
    if (rename(aside, place) != 0) return -1;
    snprintf(tail, sizeof tail, "\",\"size\":%zu,\"sha256\":\"%s\"", size, hex);
    const char *const pieces[] = {"{\"artifact\":\"", path, tail};
    return sr_say(run, pieces, 3);
}

#endif
