//! Compressed answers, unpacked a little at a time: a bomb is found out before it fills the memory.

use std::io::{self, Write as _};
use std::mem::take;

use flate2::write::MultiGzDecoder;
use hyper::body::Bytes;

/// How many compressed bytes are unpacked at a time; about a thousand times as many may come out.
const STEP: usize = 1024;

/// An answer being unpacked.
pub(crate) struct Unpacking {
    decoder: MultiGzDecoder<Vec<u8>>,
    packed: Bytes,
    /// Whether there is an end to come: a body that never began needs none.
    begun: bool,
}

impl Default for Unpacking {
    fn default() -> Self {
        Self {
            decoder: MultiGzDecoder::new(Vec::new()),
            packed: Bytes::new(),
            begun: false,
        }
    }
}

impl Unpacking {
    /// What came next.
    pub(crate) fn take(&mut self, packed: Bytes) {
        self.packed = packed;
    }

    /// The next piece of what came so far.
    pub(crate) fn piece(&mut self) -> io::Result<Option<Bytes>> {
        while !self.packed.is_empty() {
            self.begun = true;
            let step = self.packed.split_to(STEP.min(self.packed.len()));
            self.decoder.write_all(&step)?;
            if let Some(piece) = self.unpacked() {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }

    /// The last piece, when all has come. Fails where the end is missing.
    pub(crate) fn end(&mut self) -> io::Result<Option<Bytes>> {
        if take(&mut self.begun) {
            self.decoder.try_finish()?;
        }
        Ok(self.unpacked())
    }

    fn unpacked(&mut self) -> Option<Bytes> {
        let piece = take(self.decoder.get_mut());
        (!piece.is_empty()).then(|| piece.into())
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(text).unwrap();
        packer.finish().unwrap()
    }

    fn whole(packed: &[u8], at_a_time: usize) -> io::Result<Vec<u8>> {
        let (mut unpacking, mut text) = (Unpacking::default(), Vec::new());
        for part in packed.chunks(at_a_time) {
            unpacking.take(Bytes::copy_from_slice(part));
            while let Some(piece) = unpacking.piece()? {
                text.extend_from_slice(&piece);
            }
        }
        while let Some(piece) = unpacking.end()? {
            text.extend_from_slice(&piece);
        }
        Ok(text)
    }

    #[test]
    fn what_was_packed_comes_out_however_it_is_cut_and_in_however_many_parts() {
        let text = b"GitLab ".repeat(30_000);
        let twice = [packed(&text), packed(b"and more")].concat();
        for at_a_time in [1, 7, 1024, 1_000_000] {
            assert_eq!(
                whole(&twice, at_a_time).unwrap(),
                [&text[..], b"and more"].concat()
            );
        }
        assert_eq!(whole(&packed(b""), 10).unwrap(), b"");
        assert_eq!(whole(b"", 1).unwrap(), b"", "no body at all");
    }

    #[test]
    fn cut_off_anywhere_or_damaged_it_is_refused() {
        let text: Vec<u8> = (0..2000_u32).flat_map(u32::to_le_bytes).collect();
        let good = packed(&text);
        for end in [1, 9, 10, 11, good.len() / 2, good.len() - 8, good.len() - 1] {
            assert!(whole(&good[..end], 100).is_err(), "cut off at {end}");
        }
        for at in [0, good.len() / 2, good.len() - 5] {
            let mut bad = good.clone();
            bad[at] ^= 0xff;
            assert!(whole(&bad, 100).is_err(), "damaged at {at}");
        }
        assert!(whole(b"this is no gzip at all", 5).is_err());
    }

    #[test]
    fn a_bomb_comes_out_in_small_pieces() {
        let bomb = packed(&vec![0; 64 * 1024 * 1024]);
        let mut unpacking = Unpacking::default();
        unpacking.take(bomb.into());
        for _ in 0..3 {
            assert!(unpacking.piece().unwrap().unwrap().len() <= 2 * 1024 * 1024);
        }
    }
}
