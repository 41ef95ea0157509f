# SPDX-License-Identifier: Apache-2.0
# Logs a run into a Strongroom store from any POSIX shell, without Strongroom being installed.
#
#   . ./strongroom.sh
#   sr_start churn "first try"        makes the run; SR_RUN_ID is its id
#   sr_param rate 0.1                 a param, once
#   sr_metric loss 0.25 7             a point: value and step; NaN, Infinity, -Infinity are values
#   sr_tag stage trial                a tag; sr_untag stage removes it
#   sr_note "looks good"              a note
#   sr_input data.csv sha256:1a2b     the dataset it uses, and what tells its version
#   sr_artifact out/roc.png roc.png   keeps a file
#   sr_end FINISHED                   or FAILED, KILLED
#
# The store is STRONGROOM_STORE, else the default one. A metric costs no other program.

sr_start() {
    SR_STORE=${STRONGROOM_STORE:-${XDG_DATA_HOME:-$HOME/.local/share}/strongroom/store}
    SR_RUN_ID=${STRONGROOM_RUN_ID:-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')}
    SR_FOLDER=$SR_STORE/runs/$(date -u +%Y-%m)/$SR_RUN_ID
    mkdir -p "$SR_FOLDER" || return 1
    # run.json is canonical JSON: members in this order, no spaces, nothing else.
    printf '{"experiment":"%s","format":1,"host":"%s","name":"%s","parent":"%s","run_id":"%s","source":{"entry":"%s"},"started":%s,"user":"%s"}' \
        "$(sr_text "$1")" "$(sr_text "$(uname -n)")" "$(sr_text "${2:-run}")" "${3:-}" \
        "$SR_RUN_ID" "$(sr_text "$0")" "$(sr_now)" "$(sr_text "$(id -un)")" \
        > "$SR_FOLDER/.run.json.$$" || return 1
    mv "$SR_FOLDER/.run.json.$$" "$SR_FOLDER/run.json" || return 1
    SR_FILE=$SR_FOLDER/w-$(od -An -N4 -tx1 /dev/urandom | tr -d ' \n').jsonl
    sr_boot=
    [ -r /proc/sys/kernel/random/boot_id ] && read -r sr_boot < /proc/sys/kernel/random/boot_id
    sr_line "{\"plain\":1,\"run_id\":\"$SR_RUN_ID\",\"created\":$(sr_now),\"pid\":$$,\"boot_id\":\"$(printf %.12s "$sr_boot")\",\"program\":\"strongroom.sh\"}"
    sr_line "{\"status\":\"RUNNING\",\"time\":$(sr_now)}"
}

sr_param() { sr_line "{\"param\":\"$(sr_text "$1")\",\"value\":\"$(sr_text "$2")\"}"; }
sr_tag() { sr_line "{\"tag\":\"$(sr_text "$1")\",\"value\":\"$(sr_text "$2")\"}"; }
sr_untag() { sr_line "{\"tag\":\"$(sr_text "$1")\",\"value\":null}"; }
sr_note() { sr_line "{\"note\":\"$(sr_text "$1")\",\"time\":$(sr_now)}"; }
sr_input() {
    sr_line "{\"input\":{\"name\":\"$(sr_text "$1")\",\"digest\":\"$(sr_text "$2")\",\"context\":\"training\"}}"
}

sr_metric() {
    case $1 in
        *[\"\\[:cntrl:]]*) sr_key=$(sr_text "$1") ;;
        *) sr_key=$1 ;;
    esac
    case $2 in
        NaN|Infinity|-Infinity) sr_value=\"$2\" ;;
        *) sr_value=$2 ;;
    esac
    sr_line "{\"metric\":\"$sr_key\",\"value\":$sr_value,\"step\":${3:-0}}"
}

sr_artifact() {
    sr_sum=$(sha256sum < "$1" 2>/dev/null || shasum -a 256 < "$1" || openssl dgst -sha256 -r < "$1") || return 1
    sr_sum=${sr_sum%% *}
    mkdir -p "$SR_FOLDER/obj" || return 1
    cp "$1" "$SR_FOLDER/obj/.$sr_sum.$$" || return 1
    mv "$SR_FOLDER/obj/.$sr_sum.$$" "$SR_FOLDER/obj/$sr_sum" || return 1
    sr_size=$(wc -c < "$SR_FOLDER/obj/$sr_sum")
    sr_line "{\"artifact\":\"$(sr_text "$2")\",\"size\":$((sr_size)),\"sha256\":\"$sr_sum\"}"
}

sr_end() { sr_line "{\"end\":\"${1:-FINISHED}\",\"time\":$(sr_now)}"; }

# One line is one write at the end of the file: what returned is in the kernel's hands.
sr_line() { printf '%s\n' "$1" >> "$SR_FILE"; }

# POSIX knows whole seconds only.
sr_now() { printf '%s000000' "$(date +%s)"; }

# The text as it stands between the quotes of JSON.
sr_text() {
    printf '%sX' "$1" | LC_ALL=C awk '
        BEGIN { split("b,t,n,-,f,r", short, ",") }
        {
            gsub(/["\\]/, "\\\\&")
            for (code = 1; code < 32; code++) {
                character = sprintf("%c", code)
                if (code == 10 || index($0, character) == 0) continue
                letter = code >= 8 && code <= 13 ? short[code - 7] : "-"
                told = letter == "-" ? sprintf("u%04x", code) : letter
                count = split($0, part, character == " " ? "[ ]" : character)
                $0 = part[1]
                for (at = 2; at <= count; at++) $0 = $0 "\\" told part[at]
            }
            all = NR == 1 ? $0 : all "\\n" $0
        }
        END { printf "%s", substr(all, 1, length(all) - 1) }'
}
