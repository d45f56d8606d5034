//! What a recording says about itself: ffprobe's answer, and whether a browser can play it as it is. These are claims
//! of a file, not findings; a camera's clock may be wrong.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::MediaError;

/// What ffprobe is asked for; nothing else of the file comes back.
pub(crate) const QUESTION: &str = "format=format_name,duration:format_tags=creation_time,major_brand:\
    stream=codec_type,codec_name,width,height,pix_fmt,avg_frame_rate,sample_rate,channels:\
    stream_disposition=attached_pic:stream_tags=creation_time:stream_side_data=rotation";

/// What a recording says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The kind of file: `mp4`, `mov`, `matroska`, `avi`, `mpegts`, `wav`, `mp3`, `aac`.
    pub container: String,
    /// Its length in microseconds, where it tells.
    pub duration_us: Option<i64>,
    /// When it says it was begun: microseconds since 1970, UTC.
    pub started_at_us: Option<i64>,
    /// Its first picture track.
    pub video: Option<Video>,
    /// Its first sound track.
    pub audio: Option<Audio>,
    /// Whether browsers play it as it is: MP4 with H.264 (8 bit, 4:2:0) and AAC, MP3 or no sound.
    pub browser_playable: bool,
    /// Why they do not.
    pub why_not: Option<String>,
}

/// A picture track.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Video {
    /// The codec, as ffmpeg names it: `h264`, `hevc`, `mjpeg`.
    pub codec: String,
    /// Width in pixels, before rotation.
    pub width: u32,
    /// Height in pixels, before rotation.
    pub height: u32,
    /// Frames per second on average, as a fraction.
    pub frames_per_second: Option<(u32, u32)>,
    /// Degrees, clockwise, by which a player turns the picture: 0, 90, 180 or 270, unless the file is odd.
    pub rotation: i32,
    /// How a pixel is stored, as ffmpeg names it: `yuv420p`.
    pub pixel_format: Option<String>,
}

/// A sound track.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audio {
    /// The codec, as ffmpeg names it: `aac`, `pcm_s16le`, `opus`.
    pub codec: String,
    /// How many channels.
    pub channels: u32,
    /// Samples per second.
    pub sample_rate: u32,
}

impl Video {
    /// Whether browsers decode it. Full-range colour (`yuvj420p`), which many body-worn cameras record, is H.264 too.
    pub(crate) fn is_playable(&self) -> bool {
        self.codec == "h264" && matches!(self.pixel_format.as_deref(), Some("yuv420p" | "yuvj420p"))
    }
}

impl Audio {
    /// Whether browsers decode it in MP4.
    pub(crate) fn is_playable(&self) -> bool {
        matches!(self.codec.as_str(), "aac" | "mp3")
    }
}

#[derive(Debug, Deserialize)]
struct Answer {
    #[serde(default)]
    streams: Vec<Stream>,
    #[serde(default)]
    format: Format,
}

#[derive(Debug, Default, Deserialize)]
struct Format {
    #[serde(default)]
    format_name: String,
    duration: Option<String>,
    #[serde(default)]
    tags: Tags,
}

#[derive(Debug, Default, Deserialize)]
struct Tags {
    creation_time: Option<String>,
    major_brand: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Stream {
    codec_type: Option<String>,
    codec_name: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    pix_fmt: Option<String>,
    avg_frame_rate: Option<String>,
    sample_rate: Option<String>,
    channels: Option<u32>,
    #[serde(default)]
    disposition: Disposition,
    #[serde(default)]
    tags: Tags,
    #[serde(default)]
    side_data_list: Vec<SideData>,
}

#[derive(Debug, Default, Deserialize)]
struct Disposition {
    #[serde(default)]
    attached_pic: u8,
}

#[derive(Debug, Deserialize)]
struct SideData {
    rotation: Option<f64>,
}

/// Reads ffprobe's answer.
pub(crate) fn read(json: &[u8]) -> Result<Facts, MediaError> {
    let answer: Answer = serde_json::from_slice(json)
        .map_err(|error| MediaError::failed("ffprobe", format!("its answer is not understood ({error})")))?;
    let is = |stream: &&Stream, kind| stream.codec_type.as_deref() == Some(kind);
    // The picture of a sound file's cover is no picture track.
    let picture = answer.streams.iter().find(|s| is(s, "video") && s.disposition.attached_pic == 0);
    let sound = answer.streams.iter().find(|s| is(s, "audio"));
    let video = picture.map(video);
    let audio = sound.map(audio);
    if video.is_none() && audio.is_none() {
        return Err(MediaError::Unreadable("it holds neither picture nor sound".into()));
    }
    let tags = [Some(&answer.format.tags), picture.map(|s| &s.tags), sound.map(|s| &s.tags)];
    let started = tags.into_iter().flatten().find_map(|tags| tags.creation_time.as_deref());
    let container = container(&answer.format);
    let why_not = why_not(&container, video.as_ref(), audio.as_ref());
    Ok(Facts {
        container,
        duration_us: answer.format.duration.as_deref().and_then(microseconds),
        started_at_us: started.and_then(|at| at.parse::<Timestamp>().ok()).map(Timestamp::as_microsecond),
        video,
        audio,
        browser_playable: why_not.is_none(),
        why_not,
    })
}

fn video(stream: &Stream) -> Video {
    let turn = stream.side_data_list.iter().find_map(|data| data.rotation).unwrap_or(0.0);
    Video {
        codec: stream.codec_name.clone().unwrap_or_else(|| "unknown".into()),
        width: stream.width.unwrap_or(0),
        height: stream.height.unwrap_or(0),
        frames_per_second: stream.avg_frame_rate.as_deref().and_then(fraction),
        // ffprobe counts counter-clockwise.
        rotation: (-turn.round() as i32).rem_euclid(360),
        pixel_format: stream.pix_fmt.clone(),
    }
}

fn audio(stream: &Stream) -> Audio {
    Audio {
        codec: stream.codec_name.clone().unwrap_or_else(|| "unknown".into()),
        channels: stream.channels.unwrap_or(0),
        sample_rate: stream.sample_rate.as_deref().and_then(|rate| rate.parse().ok()).unwrap_or(0),
    }
}

/// The one name of a family that ffmpeg reads with one demuxer.
fn container(format: &Format) -> String {
    let brand = format.tags.major_brand.as_deref().unwrap_or_default();
    match format.format_name.split(',').next().unwrap_or_default() {
        "mov" if brand.trim_end() == "qt" => "mov",
        "mov" => "mp4",
        name => name,
    }
    .into()
}

fn why_not(container: &str, video: Option<&Video>, audio: Option<&Audio>) -> Option<String> {
    let name = |format: &Option<String>| format.clone().unwrap_or_else(|| "an unknown format".into());
    if container != "mp4" {
        return Some(format!("the file is {container}, not MP4"));
    }
    match (video, audio) {
        (Some(video), _) if video.codec != "h264" => {
            Some(format!("the picture is {}, not H.264", video.codec))
        }
        (Some(video), _) if !video.is_playable() => {
            Some(format!("the pixels are {}, not yuv420p", name(&video.pixel_format)))
        }
        (_, Some(audio)) if !audio.is_playable() => {
            Some(format!("the sound is {}, not AAC or MP3", audio.codec))
        }
        _ => None,
    }
}

/// Decimal seconds as microseconds, exact; what is finer is cut off.
fn microseconds(seconds: &str) -> Option<i64> {
    let (whole, part) = seconds.split_once('.').unwrap_or((seconds, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) {
        return None;
    }
    let micros: String = part.chars().chain(std::iter::repeat('0')).take(6).collect();
    whole.parse::<i64>().ok()?.checked_mul(1_000_000)?.checked_add(micros.parse().ok()?)
}

/// `30000/1001`; ffprobe says `0/0` where it does not know.
fn fraction(text: &str) -> Option<(u32, u32)> {
    let (top, bottom) = text.split_once('/')?;
    let pair = (top.parse().ok()?, bottom.parse().ok()?);
    (pair.0 > 0 && pair.1 > 0).then_some(pair)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn of(container: &str, brand: &str, streams: &str) -> Facts {
        let format = format!(
            r#"{{"format_name":"{container}","duration":"61.5","tags":{{"major_brand":"{brand}",
            "creation_time":"2026-03-01T07:30:00.250000Z"}}}}"#
        );
        read(format!(r#"{{"streams":[{streams}],"format":{format}}}"#).as_bytes()).unwrap()
    }

    const MP4: &str = "mov,mp4,m4a,3gp,3g2,mj2";

    fn picture(codec: &str, pixels: &str) -> String {
        format!(
            r#"{{"codec_type":"video","codec_name":"{codec}","pix_fmt":"{pixels}","width":1280,"height":720,
            "avg_frame_rate":"30000/1001","side_data_list":[{{"rotation":-90}}]}}"#
        )
    }

    fn sound(codec: &str) -> String {
        format!(r#"{{"codec_type":"audio","codec_name":"{codec}","sample_rate":"48000","channels":1}}"#)
    }

    #[test]
    fn facts_are_read() {
        let facts = of(MP4, "isom", &[picture("h264", "yuv420p"), sound("aac")].join(","));
        assert_eq!(facts.duration_us, Some(61_500_000));
        assert_eq!(facts.started_at_us, Some(1_772_350_200_250_000));
        let video = facts.video.unwrap();
        assert_eq!((video.frames_per_second, video.rotation), (Some((30_000, 1001)), 90));
        assert_eq!(facts.audio.unwrap(), Audio { codec: "aac".into(), channels: 1, sample_rate: 48_000 });
        assert_eq!((facts.browser_playable, facts.why_not), (true, None));
    }

    #[test]
    fn browsers_play_mp4_with_h264_of_8_bits_and_aac_or_mp3_or_no_sound() {
        for (pixels, sound) in [
            ("yuv420p", sound("aac")),
            ("yuvj420p", sound("mp3")),
            ("yuv420p", r#"{"codec_type":"data"}"#.into()),
        ] {
            assert_eq!(of(MP4, "mp42", &[picture("h264", pixels), sound].join(",")).why_not, None);
        }
        for (container, brand, codec, pixels, voice) in [
            ("matroska,webm", "", "h264", "yuv420p", "aac"),
            (MP4, "qt  ", "h264", "yuv420p", "aac"),
            (MP4, "isom", "hevc", "yuv420p", "aac"),
            (MP4, "isom", "h264", "yuv420p10le", "aac"),
            (MP4, "isom", "h264", "yuv422p", "aac"),
            (MP4, "isom", "h264", "yuv420p", "pcm_s16le"),
        ] {
            let facts = of(container, brand, &[picture(codec, pixels), sound(voice)].join(","));
            assert!(!facts.browser_playable && facts.why_not.is_some());
        }
    }

    #[test]
    fn a_file_without_picture_and_sound_is_unreadable() {
        let none = read(br#"{"streams":[{"codec_type":"data"}],"format":{"format_name":"mov"}}"#);
        assert!(matches!(none, Err(MediaError::Unreadable(_))));
    }

    #[test]
    fn the_cover_of_a_sound_file_is_no_picture() {
        let cover = r#"{"codec_type":"video","codec_name":"mjpeg","disposition":{"attached_pic":1}}"#;
        assert_eq!(of("mp3", "", &[cover, &sound("mp3")].join(",")).video, None);
    }

    proptest! {
        #[test]
        fn seconds_are_read_to_the_microsecond(us in 0..i64::MAX / 4) {
            let text = format!("{}.{:06}", us / 1_000_000, us % 1_000_000);
            prop_assert_eq!(microseconds(&text), Some(us));
        }

        #[test]
        fn no_answer_breaks_the_reading(text in ".{0,200}") {
            let _ = read(text.as_bytes());
            let _ = microseconds(&text);
            let _ = fraction(&text);
        }
    }
}
