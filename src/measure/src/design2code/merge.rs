//! Joining blocks: those of one and the same box, and two neighbours that may be one text.

use super::blocks::Block;

/// `merge_blocks_by_bbox`: blocks of exactly equal boxes become one, in the order of the first of each.
///
/// The colour is a running average, in which the last block weighs one half.
pub fn merge_blocks_by_bbox(blocks: &[Block]) -> Vec<Block> {
    let mut merged: Vec<Block> = Vec::with_capacity(blocks.len());
    for block in blocks {
        match merged.iter_mut().find(|known| known.bbox == block.bbox) {
            Some(known) => {
                known.text.push(' ');
                known.text.push_str(&block.text);
                known.color = std::array::from_fn(|c| (known.color[c] + block.color[c]) / 2.0);
            }
            None => merged.push(block.clone()),
        }
    }
    merged
}

/// `merge_blocks_wo_check`: the texts one after the other, the box around both, the mean colour rounded down.
pub fn merge_two(first: &Block, second: &Block) -> Block {
    let (a, b) = (first.bbox, second.bbox);
    let (left, top) = (a[0].min(b[0]), a[1].min(b[1]));
    let (right, bottom) = ((a[0] + a[2]).max(b[0] + b[2]), (a[1] + a[3]).max(b[1] + b[3]));
    Block {
        text: format!("{} {}", first.text, second.text),
        bbox: [left, top, right - left, bottom - top],
        color: std::array::from_fn(|c| ((first.color[c] + second.color[c]) / 2.0).floor()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str, bbox: [f64; 4], color: [f64; 3]) -> Block {
        Block { text: text.into(), bbox, color }
    }

    #[test]
    fn equal_boxes_average_as_they_come() {
        let (here, there) = ([0.0, 0.0, 0.5, 0.5], [0.5, 0.0, 0.5, 0.5]);
        let blocks = [
            block("a", here, [10.0; 3]),
            block("b", there, [7.0; 3]),
            block("c", here, [21.0; 3]),
            block("d", here, [3.0; 3]),
        ];
        let expected = [block("a c d", here, [9.25; 3]), block("b", there, [7.0; 3])];
        assert_eq!(merge_blocks_by_bbox(&blocks), expected);
    }

    #[test]
    fn two_become_the_box_around_both() {
        let found = merge_two(
            &block("a", [0.25, 0.5, 0.25, 0.125], [9.25, 1.0, 0.0]),
            &block("b", [0.0, 0.25, 0.125, 0.125], [2.0, 2.0, 255.0]),
        );
        assert_eq!(found, block("a b", [0.0, 0.25, 0.5, 0.375], [5.0, 1.0, 127.0]));
    }
}
