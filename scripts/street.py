"""Invented footage that reads like a body-worn camera's: a street at night, drawn by ffmpeg alone, with the wearer's
sway, a car that comes by with its lights on, the camera's clock, and spoken words after the pre-event part.
"""

import subprocess
from datetime import timedelta

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"
PRE_EVENT = 30  # seconds of picture without sound before the activation
WIDTH, HEIGHT, RATE = 640, 360, 10
MARGIN = 40  # pixels of the street beyond the picture, for the sway
LINES = [
    "Police department. You are being recorded, with sound.",
    "Please keep your hands where I can see them.",
    "Can you tell me what happened here tonight?",
    "Everything in this recording is invented.",
]


def boxes(number):
    """The street behind everything: sky, houses with some windows lit, a pavement and a road in perspective."""
    width, horizon = WIDTH + 2 * MARGIN, 215
    drawn = [(0, 0, width, horizon, "0x101a2c"), (0, 120, width, horizon - 120, "0x16233a")]
    x, house = -20, number * 7
    while x < width:
        wide, tall = 70 + house * 37 % 60, 70 + house * 53 % 95
        drawn.append((x, horizon - tall, wide, tall, ["0x231f2b", "0x1d2630", "0x2a2522"][house % 3]))
        for row in range(tall // 28):
            for column in range(wide // 24):
                lit = (house * 5 + row * 3 + column * 7 + number) % 5
                drawn.append(
                    (x + 8 + column * 24, horizon - tall + 10 + row * 28, 11, 15)
                    + (("0xd9a85a", "0x33405a", "0x121a28", "0x8d7a55", "0x121a28")[lit],)
                )
        x, house = x + wide + 4, house + 1
    drawn.append((0, horizon, width, 26, "0x3a3d42"))
    drawn.append((0, horizon + 26, width, HEIGHT, "0x24272c"))
    drawn += [(40 + step * 120 - number % 3 * 20, horizon + 84, 62, 6, "0x9a8f5a") for step in range(8)]
    for x in (110 + number * 13 % 90, 450 + number * 17 % 90):
        drawn += [(x, 92, 4, horizon - 92, "0x0b0f16"), (x - 7, 84, 18, 9, "0xffe3a6")]
    return ",".join(f"drawbox=x={x}:y={y}:w={w}:h={h}:color={color}:t=fill" for x, y, w, h, color in drawn)


def made_by(command):
    subprocess.run([*map(str, command)], check=True, stdin=subprocess.DEVNULL)


def film(recording, folder):
    """The file of a recording; made once."""
    length = recording.off - recording.on + PRE_EVENT
    target = folder / f"street-{recording.number:02}-{recording.on}-{length}.mp4"
    if target.exists():
        return target
    speech = folder / f"{recording.number:02}.wav"
    spoken = f"Officer {recording.officer_id}. " + " ".join(LINES)
    made_by(["espeak-ng", "-v", "en-us", "-s", 140, "-p", 30 + recording.number, "-w", speech, spoken])
    partial = target.with_suffix(".part.mp4")
    delay = (PRE_EVENT + 3) * 1000
    made_by(
        ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-i", speech]
        + ["-filter_complex", f"{picture(recording, length)};[0:a]adelay={delay}:all=1,apad=whole_dur={length}[a]"]
        + ["-map", "[v]", "-map", "[a]", "-c:v", "libx264", "-preset", "ultrafast", "-crf", 30]
        + ["-pix_fmt", "yuv420p", "-g", 20, "-c:a", "aac", "-b:a", "32k", "-t", length, "-movflags", "+faststart"]
        + [partial]
    )
    partial.rename(target)
    return target


def picture(recording, length):
    """The filter that draws [v]."""
    n = recording.number
    wide, tall = WIDTH + 2 * MARGIN, HEIGHT + 2 * MARGIN
    still = (
        f"color=c=0x0c131f:s={wide}x{tall}:r={RATE}:d=0.1,{boxes(n)},boxblur=1,vignette=PI/5.5,"
        f"loop=-1:1,setpts=N/{RATE}/TB"
    )
    car = (
        f"color=c=black@0:s=150x60:r={RATE}:d={length},format=yuva420p,drawbox=0:16:150:30:0x11151c@1:fill,"
        "drawbox=26:2:92:20:0x171d28@1:fill,drawbox=138:24:12:9:0xfff6d8@1:fill,drawbox=0:24:8:8:0xb3232f@1:fill,"
        "drawbox=22:40:22:18:0x05070a@1:fill,drawbox=104:40:22:18:0x05070a@1:fill"
    )
    sway = f"x='{MARGIN}+26*sin(t*0.7+{n})+6*sin(t*2.9)':y='{MARGIN // 2}+9*sin(t*1.9+{n})'"
    started = timedelta(seconds=recording.on - PRE_EVENT) + recording.arrival
    clock = int((started + started.utcoffset()).timestamp())
    words = [f"%{{pts\\:gmtime\\:{clock}}}", f"{recording.camera}  INVENTED"]
    text = ",".join(
        f"drawtext=fontfile={FONT}:text='{line}':x=12:y=h-{50 - 20 * at}:fontsize=15:fontcolor=white:"
        "box=1:boxcolor=black@0.55:boxborderw=3"
        for at, line in enumerate(words)
    )
    return (
        f"{still}[street];{car}[car];[street][car]overlay=x='mod(t*95+{n * 90}\\,{wide + 700})-200':y=268:shortest=1,"
        f"crop={WIDTH}:{HEIGHT}:{sway},{text}[v]"
    )
