#!/usr/bin/env bash
# Makes picture.ivf and tone.ogg anew: a moving test picture and a beep, from ffmpeg's own signal generators.
set -euo pipefail
cd "$(dirname "$0")"
ffmpeg -y -loglevel error -f lavfi -i testsrc2=size=320x180:rate=15:duration=4 -pix_fmt yuv420p \
  -c:v libvpx -b:v 80k -maxrate 100k -bufsize 200k -g 9999 -auto-alt-ref 0 -deadline best -cpu-used 0 \
  -fflags +bitexact -flags:v +bitexact -f ivf picture.ivf
ffmpeg -y -loglevel error -f lavfi -i "sine=frequency=440:sample_rate=48000:duration=0.5,afade=t=in:d=0.02,afade=t=out:st=0.48:d=0.02,apad=whole_dur=1,volume=0.5" \
  -ac 1 -c:a libopus -b:a 24k -vbr off -frame_duration 20 -application audio \
  -fflags +bitexact -flags:a +bitexact -map_metadata -1 -f ogg tone.ogg
