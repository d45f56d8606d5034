//! The outline of an MP4 or QuickTime file: its boxes of the top level, and the table of offsets in `moov` (ISO/IEC
//! 14496-12, 4.2 and 8.7.5). Just enough to know which bytes of a very long clip say what it is, and to send a clip
//! whose index stands at the end down a pipe with the index first. Every size is checked; nothing here trusts a file.
//! Not here: what the boxes mean; that is for the tool in its jail.

use std::ops::Range;

use crate::error::MediaError;
use crate::source::{Source, read_at};

/// What is copied from the start of a clip, or of its media data: some seconds of any camera, for the decoders.
const START: u64 = 32 << 20;
/// What is copied from the end of a clip that is no MP4: the last timestamps, the index of Matroska or AVI.
const END: u64 = 8 << 20;
/// More boxes than a recording has that is not cut into fragments; behind them the outline is not followed.
const BOXES: usize = 4096;
/// The boxes by which such a file may begin.
const FIRST: [&[u8; 4]; 7] = [b"ftyp", b"styp", b"moov", b"mdat", b"wide", b"free", b"skip"];
/// The way from the index to the tables of offsets.
const WAY: [&[u8; 4]; 4] = [b"trak", b"mdia", b"minf", b"stbl"];

/// A piece of a clip on its way down a pipe.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// As it stands in the clip.
    Copy(Range<u64>),
    /// Made for this way: the index, with its offsets moved.
    Bytes(Vec<u8>),
}

/// A box: where it begins, where its body begins, where it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    kind: [u8; 4],
    start: u64,
    body: u64,
    end: u64,
}

/// The ranges of a long clip that say what it is, in order and apart, not more than `limit` bytes beside media data.
pub(crate) fn telling(source: &dyn Source, limit: u64) -> Result<Vec<Range<u64>>, MediaError> {
    let size = source.size();
    let mut ranges = Vec::new();
    let (mut media_left, mut rest_left) = (START, limit);
    for span in outline(source)? {
        let end = match &span.kind {
            b"mdat" => {
                let end = span.end.min(span.body + media_left);
                media_left -= end - span.body;
                end
            }
            b"free" | b"skip" | b"wide" => span.body,
            _ => {
                let length = span.end - span.start;
                rest_left = rest_left.checked_sub(length).ok_or_else(|| index_too_large(length, limit))?;
                span.end
            }
        };
        push(&mut ranges, span.start..end);
    }
    if ranges.is_empty() {
        push(&mut ranges, 0..size.min(START));
        push(&mut ranges, size.saturating_sub(END).max(size.min(START))..size);
    }
    Ok(ranges)
}

/// The order in which a clip goes down a pipe: as it stands, but with the index before the media data.
pub(crate) fn streaming(source: &dyn Source, limit: u64) -> Result<Vec<Part>, MediaError> {
    let size = source.size();
    let spans = outline(source)?;
    let find = |kind: &[u8; 4]| spans.iter().find(|span| span.kind == *kind);
    let (Some(media), Some(index)) = (find(b"mdat"), find(b"moov")) else {
        return Ok(vec![Part::Copy(0..size)]);
    };
    if index.start < media.start {
        return Ok(vec![Part::Copy(0..size)]);
    }
    let length = index.end - index.start;
    if length > limit {
        return Err(index_too_large(length, limit));
    }
    let mut moved = read_at(source, index.start, length)?;
    shift(&mut moved, index.body - index.start, media.start..index.start, length)?;
    Ok(vec![
        Part::Copy(0..media.start),
        Part::Bytes(moved),
        Part::Copy(media.start..index.start),
        Part::Copy(index.end..size),
    ])
}

fn index_too_large(length: u64, limit: u64) -> MediaError {
    MediaError::TooLarge(format!(
        "the index of the recording has {length} bytes, of {limit} that are allowed"
    ))
}

/// Adds a range, joined to the one before where they touch.
fn push(ranges: &mut Vec<Range<u64>>, range: Range<u64>) {
    match ranges.last_mut() {
        Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
        _ if range.is_empty() => {}
        _ => ranges.push(range),
    }
}

/// The boxes of the top level, up to the first that is none; none where the file is of another kind.
fn outline(source: &dyn Source) -> Result<Vec<Span>, MediaError> {
    let (size, mut spans, mut at) = (source.size(), Vec::new(), 0);
    while at < size && spans.len() < BOXES {
        let Some(span) = header(&read_at(source, at, 16)?, at, size) else { break };
        if spans.is_empty() && !FIRST.contains(&&span.kind) {
            break;
        }
        at = span.end;
        spans.push(span);
    }
    Ok(spans)
}

/// A box's header at `start`; its end is cut at `limit`. Never empty, so a walk always ends.
fn header(bytes: &[u8], start: u64, limit: u64) -> Option<Span> {
    let short = u32::from_be_bytes(*bytes.first_chunk()?);
    let kind = *bytes.get(4..8)?.first_chunk()?;
    let (head, length) = match short {
        0 => (8, limit.checked_sub(start)?),
        1 => (16, u64::from_be_bytes(*bytes.get(8..16)?.first_chunk()?)),
        _ => (8, u64::from(short)),
    };
    let (body, end) = (start.checked_add(head)?, start.saturating_add(length).min(limit));
    (length >= head && body <= end).then_some(Span { kind, start, body, end })
}

/// Moves every offset of the index that points into `range` on by `by` bytes.
fn shift(index: &mut [u8], body: u64, range: Range<u64>, by: u64) -> Result<(), MediaError> {
    let mut open = vec![(body, index.len() as u64, 0)];
    while let Some((mut at, end, depth)) = open.pop() {
        while let Some(span) = index.get(at as usize..end as usize).and_then(|rest| header(rest, at, end)) {
            at = span.end;
            match &span.kind {
                kind if WAY.get(depth) == Some(&kind) => open.push((span.body, span.end, depth + 1)),
                b"stco" if depth == WAY.len() => shift_table::<4>(index, span, &range, by)?,
                b"co64" if depth == WAY.len() => shift_table::<8>(index, span, &range, by)?,
                _ => {}
            }
        }
    }
    Ok(())
}

/// A table of offsets: version and flags, a count, then offsets of `N` bytes each.
fn shift_table<const N: usize>(
    index: &mut [u8],
    span: Span,
    range: &Range<u64>,
    by: u64,
) -> Result<(), MediaError> {
    let table = index.get_mut(span.body as usize + 8..span.end as usize).unwrap_or_default();
    for place in table.chunks_exact_mut(N) {
        let offset = place.iter().fold(0, |high, byte| high << 8 | u64::from(*byte));
        if range.contains(&offset) {
            let moved = offset.saturating_add(by);
            if N == 4 && moved > u64::from(u32::MAX) {
                let why = "its offsets do not fit the index once that stands first";
                return Err(MediaError::TooLarge(why.into()));
            }
            place.copy_from_slice(moved.to_be_bytes().get(8 - N..).unwrap_or_default());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::source::tests::Bytes;

    fn boxed(kind: [u8; 4], body: &[u8]) -> Vec<u8> {
        let mut bytes = (body.len() as u32 + 8).to_be_bytes().to_vec();
        bytes.extend_from_slice(&kind);
        bytes.extend_from_slice(body);
        bytes
    }

    fn index(table: [u8; 4], offsets: &[u8]) -> Vec<u8> {
        let count = (offsets.len() / if table == *b"stco" { 4 } else { 8 }) as u32;
        let stco = boxed(table, &[&[0; 4], count.to_be_bytes().as_slice(), offsets].concat());
        let inner = boxed(*b"minf", &boxed(*b"stbl", &stco));
        boxed(*b"moov", &[boxed(*b"mvhd", &[7; 20]), boxed(*b"trak", &boxed(*b"mdia", &inner))].concat())
    }

    /// An MP4 in which the byte 0xEE of the media data is what the only offset points at.
    fn clip(table: [u8; 4], pad: usize, index_first: bool) -> Vec<u8> {
        let width = if table == *b"stco" { 4 } else { 8 };
        let head = boxed(*b"ftyp", b"isom");
        let media = boxed(*b"mdat", &[vec![0; pad], vec![0xEE], vec![0; 5]].concat());
        let before = if index_first { index(table, &vec![0; width]).len() } else { 0 };
        let offset = (head.len() + before + 8 + pad) as u64;
        let index = index(table, &offset.to_be_bytes()[8 - width..]);
        if index_first { [head, index, media].concat() } else { [head, media, index].concat() }
    }

    fn sent(source: &Bytes) -> Vec<u8> {
        let parts = streaming(source, 1 << 20).unwrap();
        let pieces = parts.into_iter().map(|part| match part {
            Part::Copy(range) => read_at(source, range.start, range.end - range.start).unwrap(),
            Part::Bytes(bytes) => bytes,
        });
        pieces.collect::<Vec<_>>().concat()
    }

    #[test]
    fn what_a_chunk_offset_points_at_stays_the_same_when_the_index_is_sent_first() {
        for table in [*b"stco", *b"co64"] {
            let sent = sent(&Bytes(clip(table, 50, false)));
            assert_eq!(sent, clip(table, 50, true));
        }
    }

    #[test]
    fn a_clip_with_its_index_first_is_sent_as_it_stands() {
        let clip = clip(*b"stco", 50, true);
        assert_eq!(sent(&Bytes(clip.clone())), clip);
    }

    #[test]
    fn an_offset_that_no_longer_fits_is_refused() {
        let mut moov = index(*b"stco", &u32::MAX.to_be_bytes());
        let all = 0..u64::MAX;
        assert!(matches!(shift(&mut moov, 8, all, 1), Err(MediaError::TooLarge(_))));
    }

    /// A clip of 20 GB of which only the header and the index exist.
    struct Huge(Vec<u8>);

    impl Huge {
        const MEDIA: u64 = 20_000_000_000;
    }

    impl Source for Huge {
        fn size(&self) -> u64 {
            16 + Self::MEDIA + self.0.len() as u64
        }

        fn read(
            &self,
            range: Range<u64>,
            sink: &mut dyn FnMut(&[u8]) -> std::io::Result<()>,
        ) -> std::io::Result<()> {
            let head = [1_u32.to_be_bytes(), *b"mdat"].concat();
            let head = [head, (16 + Self::MEDIA).to_be_bytes().to_vec()].concat();
            let byte = |at: u64| {
                let late = || self.0.get(at.checked_sub(16 + Self::MEDIA)? as usize).copied();
                head.get(at as usize).copied().or_else(late).unwrap_or(0)
            };
            sink(&range.map(byte).collect::<Vec<_>>())
        }
    }

    #[test]
    fn of_twenty_gigabytes_only_the_start_and_the_index_are_taken() {
        let huge = Huge(index(*b"co64", &[0; 80]));
        let ranges = telling(&huge, 1 << 20).unwrap();
        assert_eq!(ranges, [0..16 + START, 16 + Huge::MEDIA..huge.size()]);
    }

    #[test]
    fn an_index_over_the_limit_is_refused() {
        let huge = Huge(index(*b"co64", &[0; 80]));
        assert!(matches!(telling(&huge, 50), Err(MediaError::TooLarge(_))));
    }

    /// Bytes that are more often like boxes than chance would have it.
    fn like_boxes() -> impl Strategy<Value = Vec<u8>> {
        let kinds = prop::sample::select(vec![
            *b"ftyp", *b"moov", *b"mdat", *b"trak", *b"mdia", *b"minf", *b"stbl", *b"stco", *b"co64",
            *b"free",
        ]);
        let size = prop_oneof![0..64_u32, any::<u32>()];
        let piece = (size, kinds, prop::collection::vec(any::<u8>(), 0..24))
            .prop_map(|(size, kind, body)| [&size.to_be_bytes(), kind.as_slice(), &body].concat());
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn ranges_lie_in_the_clip_in_order_and_apart(bytes in like_boxes()) {
            let source = Bytes(bytes);
            let ranges = telling(&source, 1 << 20).unwrap();
            let mut last = None;
            for range in &ranges {
                prop_assert!(range.start < range.end && range.end <= source.size());
                prop_assert!(last.is_none_or(|end| end < range.start));
                last = Some(range.end);
            }
            prop_assert_eq!(ranges.is_empty(), source.size() == 0);
        }

        #[test]
        fn every_byte_of_a_clip_goes_down_the_pipe_once(bytes in like_boxes()) {
            let source = Bytes(bytes);
            if let Ok(parts) = streaming(&source, 1 << 20) {
                let lengths = parts.iter().map(|part| match part {
                    Part::Copy(range) => range.end - range.start,
                    Part::Bytes(bytes) => bytes.len() as u64,
                });
                prop_assert_eq!(lengths.sum::<u64>(), source.size());
            }
        }

        #[test]
        fn no_index_breaks_the_shifting(mut bytes in like_boxes(), by: u64) {
            let _ = shift(&mut bytes, 0, 0..u64::MAX, by);
        }
    }
}
