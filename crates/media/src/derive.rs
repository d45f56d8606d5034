//! What is made of a recording to look at it: a poster, a waveform, a copy that browsers play. Derivatives; none is
//! evidence. This module knows what to ask of ffmpeg and how to read its answer; `media` runs it.

use serde::{Deserialize, Serialize};

use crate::error::MediaError;
use crate::facts::{Audio, Facts, Video};

/// A poster of 640 pixels' width has some 100 kB.
const POSTER_LIMIT: u64 = 8 << 20;
/// Where a poster is taken: far enough in that lens covers and black frames are mostly over.
const POSTER_AT_US: i64 = 1_000_000;
/// Samples per second of the sound that a waveform is folded from.
const RATE: u32 = 8000;
/// Peaks per second of a waveform.
const PER_SECOND: u32 = 10;
/// The sound of two days: no clip is longer.
pub(crate) const SOUND_LIMIT: u64 = RATE as u64 * 2 * 48 * 3600;
/// What ffmpeg is asked for to hear a recording: mono, 16 bits, on its output.
pub(crate) const SOUND: [&str; 10] =
    ["-map", "0:a:0", "-vn", "-ac", "1", "-ar", "8000", "-f", "s16le", "pipe:1"];

/// How loud a recording is over time, for drawing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waveform {
    /// Peaks per second.
    pub per_second: u32,
    /// The loudest sample of each span: 0 is silence, 255 as loud as can be.
    pub peaks: Vec<u8>,
}

/// How a playable copy was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProxyKind {
    /// The picture and the sound are the recording's own, in another wrapping.
    Remuxed,
    /// The picture is the recording's own; the sound was encoded anew.
    SoundTranscoded,
    /// The picture was encoded anew.
    Transcoded,
}

/// Makes a poster with `run` (options before the input, after it, a bound of the output).
pub(crate) fn poster(
    facts: &Facts,
    run: impl Fn(&[&str], &[&str], u64) -> Result<Vec<u8>, MediaError>,
) -> Result<Vec<u8>, MediaError> {
    const TAKE: [&str; 13] = [
        "-map",
        "0:V:0",
        "-an",
        "-frames:v",
        "1",
        "-vf",
        "scale=w='min(640,iw)':h=-2",
        "-c:v",
        "mjpeg",
        "-q:v",
        "4",
        "-f",
        "mjpeg",
    ];
    let take = [&TAKE[..], &["pipe:1"]].concat();
    let at = facts.duration_us.map_or(0, |duration| (duration / 2).min(POSTER_AT_US));
    let seek = format!("{at}us");
    let threads = ["-threads", "1"];
    // A damaged recording may have nothing there; its first picture will do.
    match run(&[&threads[..], &["-ss", &seek]].concat(), &take, POSTER_LIMIT) {
        Ok(picture) if !picture.is_empty() => Ok(picture),
        _ => match run(&threads, &take, POSTER_LIMIT)? {
            picture if picture.is_empty() => {
                Err(MediaError::Unreadable("no picture could be decoded".into()))
            }
            picture => Ok(picture),
        },
    }
}

/// How to make a playable copy, and what to ask of ffmpeg for it.
pub(crate) fn proxy(facts: &Facts) -> (ProxyKind, Vec<String>) {
    let sound_plays = facts.audio.as_ref().is_none_or(Audio::is_playable);
    // AVI has no timestamps that MP4 could take over.
    let wraps = facts.container != "avi";
    let picture_plays = wraps && facts.video.as_ref().is_none_or(Video::is_playable);
    let kind = match (picture_plays, sound_plays) {
        (true, true) => ProxyKind::Remuxed,
        (true, false) => ProxyKind::SoundTranscoded,
        (false, _) => ProxyKind::Transcoded,
    };
    let mut args = "-map 0:V:0? -map 0:a:0? -sn -dn -map_metadata -1".to_owned();
    args += if picture_plays {
        " -c:v copy"
    } else {
        // At most full HD and even, as 4:2:0 needs; a key frame every two seconds of 30 frames to jump to.
        " -c:v libx264 -preset veryfast -crf 23 -maxrate 6M -bufsize 12M -pix_fmt yuv420p -g 60 -threads 4 \
          -vf scale=w='min(1920,trunc(iw/2)*2)':h=-2"
    };
    let in_pieces = matches!(facts.container.as_str(), "mpegts" | "aac");
    args += match &facts.audio {
        // Each piece of such a stream says anew what it is; MP4 says it once.
        Some(audio) if in_pieces && audio.codec == "aac" => " -c:a copy -bsf:a aac_adtstoasc",
        _ if sound_plays && wraps => " -c:a copy",
        _ => " -c:a aac -b:a 96k",
    };
    args += " -movflags frag_keyframe+empty_moov+default_base_moof";
    if facts.video.is_none() {
        // Without key frames nothing else would cut the fragments.
        args += " -frag_duration 5000000";
    }
    args += " -f mp4 pipe:1";
    (kind, args.split_whitespace().map(str::to_owned).collect())
}

/// How long a playable copy may become, in bytes: twice the recording, and what the highest bit rate makes of its
/// length.
pub(crate) fn proxy_limit(facts: &Facts, size: u64) -> u64 {
    let seconds = facts.duration_us.unwrap_or(0).max(0) as u64 / 1_000_000;
    (64_u64 << 20).saturating_add(size.saturating_mul(2)).saturating_add(seconds.saturating_mul(1_000_000))
}

/// Folds sound (mono, 16 bits, little end first) into peaks as it comes, whatever pieces it comes in.
#[derive(Debug, Default)]
pub(crate) struct Fold {
    half: Option<u8>,
    peak: u8,
    samples: u32,
    peaks: Vec<u8>,
}

impl Fold {
    /// Takes the next piece.
    pub fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match self.half.take() {
                None => self.half = Some(*byte),
                Some(low) => self.sample(i16::from_le_bytes([low, *byte])),
            }
        }
    }

    fn sample(&mut self, sample: i16) {
        // 32768 >> 7 is 256, one more than fits.
        self.peak = self.peak.max((sample.unsigned_abs() >> 7).min(255) as u8);
        self.samples += 1;
        if self.samples == RATE / PER_SECOND {
            self.close();
        }
    }

    fn close(&mut self) {
        self.peaks.push(self.peak);
        (self.peak, self.samples) = (0, 0);
    }

    /// The waveform; a last span that is not full counts as one.
    pub fn finish(mut self) -> Waveform {
        if self.samples > 0 {
            self.close();
        }
        Waveform { per_second: PER_SECOND, peaks: self.peaks }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn silence_is_0_and_the_loudest_sample_255() {
        let mut fold = Fold::default();
        fold.take(&[0; 1600]);
        fold.take(&i16::MIN.to_le_bytes());
        assert_eq!(fold.finish().peaks, [0, 255]);
    }

    proptest! {
        #[test]
        fn a_waveform_does_not_depend_on_the_pieces_the_sound_comes_in(
            bytes in prop::collection::vec(any::<u8>(), 0..6000),
            piece in 1..999_usize,
        ) {
            let (mut once, mut pieces) = (Fold::default(), Fold::default());
            once.take(&bytes);
            bytes.chunks(piece).for_each(|piece| pieces.take(piece));
            let whole = once.finish();
            prop_assert_eq!(whole.peaks.len(), (bytes.len() / 2).div_ceil(800));
            prop_assert_eq!(whole, pieces.finish());
        }
    }
}
