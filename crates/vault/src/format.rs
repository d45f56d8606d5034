//! The bytes of a segment, as `docs/design/custody.md` ("Vault: a segment") lays them down: header, subkey, nonces,
//! associated data. Not the place where they are kept, and no I/O.

use std::fmt::Write as _;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use zeroize::Zeroizing;

use crate::keys::DataKey;
use crate::shelf::{Kind, Shelf};

/// Bytes of plaintext in a full chunk.
pub const CHUNK: usize = 1 << 18;

/// Bytes of a segment's header.
pub(crate) const HEADER: usize = 64;

/// Bytes of the tag behind each chunk.
pub(crate) const TAG: usize = 16;

const MAGIC: &[u8; 8] = b"ONRSEG1\n";
const INFO: &[u8] = b"onrecord segment v1";

/// A piece of a clip's ciphertext that is written once and never again: what the caller records about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Random; the salt of the segment's subkey.
    pub id: [u8; 16],
    /// Place in the clip of the first byte.
    pub at: u64,
    /// Bytes of plaintext.
    pub bytes: u64,
    /// Index in the clip of the first chunk.
    pub first_chunk: u64,
    /// Number of chunks; at least one.
    pub chunks: u64,
    /// Size of the object in bytes: header, ciphertext and tags.
    pub stored: u64,
    /// Name of the object on the shelf.
    pub name: String,
    /// Whether the last chunk is marked as the last of the clip.
    pub last_is_final: bool,
}

impl Segment {
    /// A segment that holds nothing yet.
    pub(crate) fn begin(clip: [u8; 16], id: [u8; 16], at: u64, first_chunk: u64) -> Self {
        let name = format!("{}{}", clip_folder(clip), hex(&id));
        Self { id, at, bytes: 0, first_chunk, chunks: 0, stored: HEADER as u64, name, last_is_final: false }
    }

    /// Place in the clip behind the last byte.
    pub(crate) fn end(&self) -> u64 {
        self.at.saturating_add(self.bytes)
    }
}

/// The folder of a clip's segments on a shelf, with the slash at its end.
///
/// ```
/// let folder = onrecord_vault::clip_folder([0xab; 16]);
/// assert_eq!(folder, "clips/ab/abababababababababababababababab/");
/// ```
pub fn clip_folder(clip: [u8; 16]) -> String {
    let name = hex(&clip);
    format!("clips/{}/{name}/", name.get(..2).unwrap_or_default())
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// How much goes into a chunk and into a segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    /// Bytes of plaintext in a full chunk.
    pub chunk: usize,
    /// Chunks in a full segment.
    pub per_segment: u64,
}

impl Layout {
    /// 64 MiB in a folder, where a file costs two fsyncs; 16 MiB in a bucket, where a segment is held in memory.
    pub fn of(shelf: &Shelf) -> Self {
        let per_segment = match shelf.kind() {
            Kind::Folder(_) => 256,
            Kind::Bucket(_) => 64,
        };
        Self { chunk: CHUNK, per_segment }
    }

    /// Number of chunks that hold so many bytes; an empty clip has one, too.
    pub fn chunks_for(self, bytes: u64) -> u64 {
        bytes.div_ceil(self.chunk as u64).max(1)
    }

    /// Size of the object that holds so many bytes in so many chunks.
    pub fn stored(bytes: u64, chunks: u64) -> u64 {
        chunks.saturating_mul(TAG as u64).saturating_add(bytes).saturating_add(HEADER as u64)
    }

    /// Place in the object of a chunk of the segment, its first counted as 0.
    pub fn place(self, chunk: u64) -> u64 {
        HEADER as u64 + chunk * (self.chunk + TAG) as u64
    }
}

/// Where a chunk stands; nonce and associated data follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Another chunk of the segment follows.
    Inside,
    /// The last chunk of its segment, but not of the clip.
    EndsSegment,
    /// The last chunk of the clip.
    EndsClip,
}

impl Standing {
    /// Where a chunk of a recorded segment stands.
    pub fn of(segment: &Segment, place: u64) -> Self {
        match (place + 1 == segment.chunks, segment.last_is_final) {
            (false, _) => Self::Inside,
            (true, false) => Self::EndsSegment,
            (true, true) => Self::EndsClip,
        }
    }
}

/// Seals and opens the chunks of one segment under its subkey.
pub(crate) struct SegmentCipher {
    clip: [u8; 16],
    first_chunk: u64,
    header: [u8; HEADER],
    key: LessSafeKey,
}

impl SegmentCipher {
    /// Derives the subkey of a segment. Fails only where the cryptographic library does.
    pub fn new(
        clip: [u8; 16],
        key: &DataKey,
        segment: &Segment,
        layout: Layout,
    ) -> Result<Self, Unspecified> {
        let header = header(clip, segment, layout);
        let mut subkey = Zeroizing::new([0; 32]);
        Salt::new(HKDF_SHA256, &segment.id)
            .extract(key.bytes())
            .expand(&[INFO, &header], HKDF_SHA256)?
            .fill(subkey.as_mut())?;
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, subkey.as_ref())?);
        Ok(Self { clip, first_chunk: segment.first_chunk, header, key })
    }

    /// Whether the subkey is that of this segment at this place. The id alone does not say so: records that name one
    /// segment twice would have it read twice.
    pub fn is_of(&self, clip: [u8; 16], segment: &Segment, layout: Layout) -> bool {
        self.header == header(clip, segment, layout)
    }

    /// The first bytes of the object.
    pub fn header(&self) -> &[u8; HEADER] {
        &self.header
    }

    /// Encrypts a chunk where it lies and puts the tag behind it.
    pub fn seal(&self, place: u32, standing: Standing, chunk: &mut Vec<u8>) -> Result<(), Unspecified> {
        let aad = Aad::from(self.associated(place, standing));
        let tag = self.key.seal_in_place_separate_tag(nonce(place, standing), aad, chunk)?;
        chunk.extend_from_slice(tag.as_ref());
        Ok(())
    }

    /// Decrypts a chunk with its tag where it lies; the plaintext is what is before the tag.
    pub fn open(&self, place: u32, standing: Standing, sealed: &mut [u8]) -> Result<(), Unspecified> {
        let aad = Aad::from(self.associated(place, standing));
        self.key.open_in_place(nonce(place, standing), aad, sealed).map(|_| ())
    }

    /// Clip id ‖ index of the chunk in the clip ‖ whether it is the last of the clip.
    fn associated(&self, place: u32, standing: Standing) -> [u8; 25] {
        let mut aad = [0; 25];
        let (clip, rest) = aad.split_at_mut(16);
        let (index, is_final) = rest.split_at_mut(8);
        clip.copy_from_slice(&self.clip);
        index.copy_from_slice(&self.first_chunk.wrapping_add(u64::from(place)).to_be_bytes());
        is_final.fill(u8::from(standing == Standing::EndsClip));
        aad
    }
}

/// 7 zero bytes ‖ place of the chunk in the segment ‖ whether it is the segment's last: the STREAM construction.
fn nonce(place: u32, standing: Standing) -> Nonce {
    let [a, b, c, d] = place.to_be_bytes();
    let last = u8::from(standing != Standing::Inside);
    Nonce::assume_unique_for_key([0, 0, 0, 0, 0, 0, 0, a, b, c, d, last])
}

/// The 64 bytes at the head of an object.
fn header(clip: [u8; 16], segment: &Segment, layout: Layout) -> [u8; HEADER] {
    let parts: [&[u8]; 7] = [
        MAGIC,
        &clip,
        &segment.id,
        &segment.at.to_be_bytes(),
        &segment.first_chunk.to_be_bytes(),
        &(layout.chunk as u32).to_be_bytes(),
        &[0; 4],
    ];
    let mut header = [0; HEADER];
    for (byte, from) in header.iter_mut().zip(parts.into_iter().flatten()) {
        *byte = *from;
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_laid_out_as_the_format_says() {
        let segment =
            Segment { bytes: 9, chunks: 1, ..Segment::begin([0xaa; 16], [0xbb; 16], 0x0102, 0x0304) };
        let header = header([0xaa; 16], &segment, Layout { chunk: 1 << 20, per_segment: 64 });
        assert_eq!(&header[0..8], b"ONRSEG1\n");
        assert_eq!(&header[8..24], &[0xaa; 16]);
        assert_eq!(&header[24..40], &[0xbb; 16]);
        assert_eq!(&header[40..48], &[0, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!(&header[48..56], &[0, 0, 0, 0, 0, 0, 3, 4]);
        assert_eq!(&header[56..60], &[0, 0x10, 0, 0]);
        assert_eq!(&header[60..64], &[0; 4]);
    }

    #[test]
    fn nonce_and_associated_data_are_laid_out_as_the_format_says() {
        assert_eq!(nonce(0x0102, Standing::Inside).as_ref(), &[0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0]);
        assert_eq!(nonce(3, Standing::EndsSegment).as_ref(), &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 1]);
        assert_eq!(nonce(3, Standing::EndsClip).as_ref(), &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 1]);
        let segment = Segment::begin([7; 16], [8; 16], 0, 0x0100);
        let layout = Layout { chunk: 1 << 20, per_segment: 64 };
        let cipher = SegmentCipher::new([7; 16], &DataKey::from_bytes([1; 32]), &segment, layout).unwrap();
        let aad = cipher.associated(5, Standing::EndsClip);
        assert_eq!(&aad[..16], &[7; 16]);
        assert_eq!(&aad[16..24], &[0, 0, 0, 0, 0, 0, 1, 5]);
        assert_eq!(aad[24], 1);
        assert_eq!(cipher.associated(5, Standing::EndsSegment)[24], 0);
    }

    // Written down once by an independent implementation (Python's cryptography package), so that a change of the
    // format cannot pass unseen.
    #[test]
    fn a_known_segment_has_known_bytes() {
        let segment = Segment::begin([0x11; 16], [0x22; 16], 1 << 20, 1);
        let layout = Layout { chunk: 1 << 20, per_segment: 64 };
        let cipher =
            SegmentCipher::new([0x11; 16], &DataKey::from_bytes([0x33; 32]), &segment, layout).unwrap();
        let mut chunk = b"evidence".to_vec();
        cipher.seal(2, Standing::EndsClip, &mut chunk).unwrap();
        assert_eq!(hex(&chunk), "ea3eb1104bb7d812b6b94463d93a060a4d0b46e39237bc7b");
    }
}
