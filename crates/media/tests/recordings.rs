//! The tools in their jail, on real files: what cameras make, what is broken, and what is no recording at all.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use onrecord_media::{Audio, Facts, Media, MediaConfig, MediaError, ProxyKind};
use support::{Bytes, Counted, H264, PICTURE, TONE, config, made, open_folder};

fn media() -> Media {
    Media::new(config())
}

/// A scratch size below every clip of these tests, so that all goes down pipes.
fn cramped() -> Media {
    Media::new(MediaConfig { scratch_bytes: 20_000, ..config() })
}

async fn facts(bytes: &[u8]) -> Facts {
    media().probe(&Bytes(bytes.to_vec())).await.unwrap()
}

fn clip(name: &str, args: &str) -> Vec<u8> {
    made(open_folder().path(), name, args)
}

fn mp4() -> Vec<u8> {
    clip(
        "a.mp4",
        &format!("{PICTURE} {TONE} {H264} -c:a aac -metadata creation_time=2026-03-01T07:30:00.25Z"),
    )
}

fn is_unreadable(result: &Result<Facts, MediaError>) -> bool {
    matches!(result, Err(MediaError::Unreadable(words)) if !words.is_empty())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_mp4_with_its_index_at_the_end_tells_everything() {
    let facts = facts(&mp4()).await;
    assert_eq!(facts.container, "mp4");
    assert_eq!(facts.started_at_us, Some(1_772_350_200_000_000));
    assert!((3_900_000..4_200_000).contains(&facts.duration_us.unwrap()));
    let video = facts.video.unwrap();
    assert_eq!((video.codec.as_str(), video.width, video.height, video.rotation), ("h264", 320, 240, 0));
    assert_eq!(video.frames_per_second, Some((10, 1)));
    assert_eq!(facts.audio, Some(Audio { codec: "aac".into(), channels: 1, sample_rate: 16_000 }));
    assert_eq!((facts.browser_playable, facts.why_not), (true, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_a_camera_makes_is_read() {
    let raw = "-c:a pcm_s16le";
    for (name, args, container, playable) in [
        ("f.mp4", format!("{PICTURE} {H264} -movflags +faststart"), "mp4", true),
        ("h.mp4", format!("{PICTURE} -c:v libx265 -preset ultrafast -x265-params log-level=0"), "mp4", false),
        ("m.mkv", format!("{PICTURE} {TONE} {H264} -c:a aac"), "matroska", false),
        ("q.mov", format!("{PICTURE} {TONE} {H264} {raw}"), "mov", false),
        ("v.avi", format!("{PICTURE} {TONE} -c:v mjpeg {raw}"), "avi", false),
        ("t.ts", format!("{PICTURE} {TONE} {H264} -c:a aac"), "mpegts", false),
        ("w.wav", format!("{TONE} {raw}"), "wav", false),
        ("s.mp3", format!("{TONE} -c:a libmp3lame"), "mp3", false),
        ("s.aac", format!("{TONE} -c:a aac"), "aac", false),
        ("d.mp4", format!("{PICTURE} -c:v libx264 -preset ultrafast -pix_fmt yuv420p10le"), "mp4", false),
    ] {
        let facts = facts(&clip(name, &args)).await;
        assert_eq!((facts.container.as_str(), facts.browser_playable), (container, playable), "{name}");
        assert_eq!(facts.why_not.is_none(), playable, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turned_picture_says_how_far() {
    let mut turned = clip("t.mp4", &format!("{PICTURE} {H264}"));
    // A quarter turn clockwise, as a phone held upright writes it (ISO/IEC 14496-12, 8.3.2: the track's matrix).
    let matrix = 44 + turned.windows(4).position(|four| four == b"tkhd").unwrap();
    let one = 0x1_0000_i32;
    let turn: Vec<u8> = [0, one, 0, -one, 0].into_iter().flat_map(i32::to_be_bytes).collect();
    turned[matrix..matrix + turn.len()].copy_from_slice(&turn);
    let facts = facts(&turned).await;
    assert_eq!(facts.video.as_ref().unwrap().rotation, 90);
    let poster = media().poster(&Bytes(turned), &facts).await.unwrap();
    assert_eq!(jpeg_size(&poster), (240, 320));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_recording_is_unreadable_and_names_no_file() {
    let whole = mp4();
    let mut seed = 1_u64;
    let noise = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 56) as u8
    });
    let secret = open_folder();
    std::fs::write(secret.path().join("clip.mp4"), &whole).unwrap();
    let named = secret.path().join("clip.mp4");
    let named = named.display();
    let svg = "<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>";
    for (what, bytes) in [
        ("nothing", Vec::new()),
        ("its index cut off", whole[..whole.len() / 2].to_vec()),
        ("noise", noise.take(100_000).collect()),
        ("text", b"Officer's notes, 1 March\n".repeat(50)),
        ("m3u8", format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{named}\n#EXT-X-ENDLIST\n").into()),
        ("ffconcat", format!("ffconcat version 1.0\nfile '{named}'\n").into()),
        ("svg", svg.into()),
        ("subtitles", "1\n00:00:00,000 --> 00:00:04,000\n<img src=file:///etc/passwd>\n".into()),
        ("sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n".into()),
        (
            "dash",
            format!("<?xml version='1.0'?><MPD><Period><BaseURL>{named}</BaseURL></Period></MPD>").into(),
        ),
        ("image list", "P6\n2 2\n255\n000000000000".into()),
    ] {
        let result = media().probe(&Bytes(bytes)).await;
        assert!(is_unreadable(&result), "{what}: {result:?}");
        assert!(!result.unwrap_err().to_string().contains("/proc/"), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_points_into_another_file_gets_nothing_of_it() {
    // QuickTime's data references: the media of this index would lie in another file.
    let mut bytes = clip("f.mov", &format!("{PICTURE} {H264} -movflags +faststart"));
    let at = bytes.windows(4).position(|four| four == b"url ").unwrap();
    bytes[at..at + 4].copy_from_slice(b"alis");
    bytes[at + 7] = 0;
    let result = media().probe(&Bytes(bytes)).await;
    assert!(!matches!(result, Err(MediaError::ToolFailed { .. })), "{result:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_cut_off_behind_its_index_is_still_read() {
    let whole = clip("f.mp4", &format!("{PICTURE} {H264} -movflags +faststart"));
    let facts = facts(&whole[..whole.len() * 2 / 3]).await;
    assert_eq!(facts.video.unwrap().codec, "h264");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_gigabytes_only_the_telling_parts_are_read() {
    const MEDIA: u64 = 20_000_000_000;
    let whole = mp4();
    // ffmpeg leaves an empty box before the media data, for exactly this: a size of 64 bits.
    let at = whole.windows(8).position(|eight| eight == b"\0\0\0\x08free").unwrap();
    let index = whole.windows(4).rposition(|four| four == b"moov").unwrap() - 4;
    let source = Counted { file: tempfile::tempfile().unwrap(), read: AtomicU64::new(0) };
    source.file.write_all_at(&whole[..index], 0).unwrap();
    let head = [&1_u32.to_be_bytes()[..], b"mdat", &(MEDIA - at as u64).to_be_bytes()].concat();
    source.file.write_all_at(&head, at as u64).unwrap();
    source.file.write_all_at(&whole[index..], MEDIA).unwrap();

    let media = media();
    let facts = media.probe(&source).await.unwrap();
    assert!(facts.browser_playable);
    assert!((3_900_000..4_200_000).contains(&facts.duration_us.unwrap()));
    let poster = media.poster(&source, &facts).await.unwrap();
    assert_eq!(jpeg_size(&poster), (320, 240));
    assert!(source.read.load(Ordering::Relaxed) < 2 * (40 << 20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_file_that_is_nothing_is_unreadable_too() {
    let file: File = tempfile::tempfile().unwrap();
    file.set_len(20_000_000_000).unwrap();
    let source = Counted { file, read: AtomicU64::new(0) };
    assert!(is_unreadable(&media().probe(&source).await));
    assert!(source.read.load(Ordering::Relaxed) < 50 << 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poster_is_a_jpeg_of_at_most_640_pixels() {
    let wide = "-f lavfi -i testsrc2=size=1281x719:rate=5:duration=1";
    for (args, size) in
        [(format!("{PICTURE} {H264}"), (320, 240)), (format!("{wide} -c:v mjpeg"), (640, 360))]
    {
        let clip = clip("p.mkv", &args);
        let poster = media().poster(&Bytes(clip.clone()), &facts(&clip).await).await.unwrap();
        assert_eq!(jpeg_size(&poster), size);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_recording_lacks_is_said_and_not_taken_for_damage() {
    let sound = clip("w.wav", &format!("{TONE} -c:a pcm_s16le"));
    let poster = media().poster(&Bytes(sound.clone()), &facts(&sound).await).await;
    assert!(matches!(poster, Err(MediaError::Lacks("picture"))));
    let silent = clip("s.mp4", &format!("{PICTURE} {H264}"));
    for media in [media(), cramped()] {
        let waveform = media.waveform(&Bytes(silent.clone())).await;
        assert!(matches!(waveform, Err(MediaError::Lacks("sound"))), "{waveform:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waveform_shows_when_it_was_loud() {
    let tone = "-f lavfi -i sine=frequency=440:sample_rate=16000:duration=4";
    let quiet_start = format!("{PICTURE} {tone} -af volume=enable='lt(t,2)':volume=0 {H264} -c:a aac");
    let clip = clip("w.mp4", &quiet_start);
    for media in [media(), cramped()] {
        let waveform = media.waveform(&Bytes(clip.clone())).await.unwrap();
        assert_eq!(waveform.per_second, 10);
        assert!((39..=42).contains(&waveform.peaks.len()));
        assert!(waveform.peaks[..18].iter().all(|peak| *peak < 3), "{:?}", waveform.peaks);
        assert!(waveform.peaks[22..38].iter().all(|peak| *peak > 20), "{:?}", waveform.peaks);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_plays_in_a_browser_and_is_copied_where_that_is_enough() {
    let x265 = "-c:v libx265 -preset ultrafast -x265-params log-level=0";
    let odd = "-f lavfi -i testsrc2=size=321x241:rate=10:duration=4";
    for (name, args, kind) in [
        ("a.mp4", format!("{PICTURE} {TONE} {H264} -c:a aac"), ProxyKind::Remuxed),
        ("b.mkv", format!("{PICTURE} {H264}"), ProxyKind::Remuxed),
        ("c.ts", format!("{PICTURE} {TONE} {H264} -c:a aac"), ProxyKind::Remuxed),
        ("d.mkv", format!("{PICTURE} {TONE} {H264} -c:a pcm_s16le"), ProxyKind::SoundTranscoded),
        ("e.mp4", format!("{PICTURE} {TONE} {x265} -c:a aac"), ProxyKind::Transcoded),
        ("f.avi", format!("{odd} {TONE} -c:v mjpeg -c:a pcm_s16le"), ProxyKind::Transcoded),
        ("g.aac", format!("{TONE} -c:a aac"), ProxyKind::Remuxed),
        ("h.mp3", format!("{TONE} -c:a libmp3lame"), ProxyKind::Remuxed),
        ("i.mov", format!("{PICTURE} {TONE} {H264} -c:a aac"), ProxyKind::Remuxed),
        ("j.wav", format!("{TONE} -c:a pcm_s16le"), ProxyKind::SoundTranscoded),
    ] {
        let clip = clip(name, &args);
        let before = facts(&clip).await;
        for media in [media(), cramped()] {
            let mut proxy = Vec::new();
            let made = media
                .proxy(&Bytes(clip.clone()), &before, &mut |bytes| {
                    proxy.extend_from_slice(bytes);
                    Ok(())
                })
                .await;
            assert_eq!(made.unwrap(), kind, "{name}");
            let after = facts(&proxy).await;
            assert!(after.browser_playable, "{name}: {:?}", after.why_not);
            assert_eq!(after.video.is_some(), before.video.is_some(), "{name}");
            assert_eq!(after.audio.is_some(), before.audio.is_some(), "{name}");
            assert!(proxy.windows(4).any(|four| four == b"moof"), "{name} is not fragmented");
            assert_eq!(decoded(&proxy), decoded_of(&clip, &before), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_that_fails_stops_the_tool_and_its_error_comes_back() {
    let clip = mp4();
    let facts = facts(&clip).await;
    let result =
        media().proxy(&Bytes(clip), &facts, &mut |_| Err(std::io::Error::other("the disk is full"))).await;
    assert!(matches!(result, Err(MediaError::Sink(error)) if error.to_string() == "the disk is full"));
}

#[tokio::test]
async fn a_runtime_with_one_thread_serves_too() {
    assert!(media().probe(&Bytes(mp4())).await.unwrap().browser_playable);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_that_is_not_there_says_nothing_about_the_recording() {
    let gone = MediaConfig { ffprobe: "/usr/bin/no-such-ffprobe".into(), ..config() };
    let result = Media::new(gone).probe(&Bytes(mp4())).await;
    assert!(matches!(result, Err(MediaError::ToolFailed { .. })), "{result:?}");
    let no_jailer = MediaConfig { jailer: "/usr/bin/no-such-jailer".into(), ..config() };
    let result = Media::new(no_jailer).probe(&Bytes(mp4())).await;
    assert!(matches!(result, Err(MediaError::ToolFailed { .. })), "{result:?}");
}

/// Width and height from the frame header (ITU-T T.81, B.2.2).
fn jpeg_size(jpeg: &[u8]) -> (u16, u16) {
    assert_eq!(jpeg[..2], [0xFF, 0xD8]);
    let at = jpeg.windows(2).position(|two| two == [0xFF, 0xC0]).unwrap();
    let number = |at: usize| u16::from_be_bytes([jpeg[at], jpeg[at + 1]]);
    (number(at + 7), number(at + 5))
}

/// How many frames of the picture ffmpeg decodes, where it meets no error.
fn decoded(bytes: &[u8]) -> usize {
    let folder = open_folder();
    let path = folder.path().join("clip");
    std::fs::write(&path, bytes).unwrap();
    let out = Command::new("/usr/bin/ffmpeg")
        .args(["-nostdin", "-v", "error", "-xerror", "-i"])
        .arg(&path)
        .args("-map 0:v:0? -map 0:a:0? -c:v rawvideo -fps_mode passthrough -f framehash -".split(' '))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).unwrap();
    let has_picture = text.lines().any(|line| line.starts_with("#media_type 0: video"));
    text.lines().filter(|line| has_picture && line.starts_with("0,")).count()
}

/// How many frames the recording itself has.
fn decoded_of(bytes: &[u8], facts: &Facts) -> usize {
    let frames = decoded(bytes);
    assert_eq!(frames, if facts.video.is_some() { 40 } else { 0 });
    frames
}
