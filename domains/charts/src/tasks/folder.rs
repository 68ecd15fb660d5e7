//! Charts that lie in a folder, in the layout of ChartMimic: `<family>_<number>.py`, beside it optionally a picture of the
//! same name; its PDFs are ignored, because a program's own render shows the same.

use galley_kit::Layout;

/// For [`galley_kit::Folder`].
pub static LAYOUT: Layout = Layout {
    extension: "py",
    things: "charts",
    help: "`data` of the charts domain names a folder in ChartMimic's layout (<family>_<number>.py files, beside them \
           optionally .png files of the same name), or a .json, .jsonl or .parquet file of programs, \
           or a folder of those",
    family: |id| id.rsplit_once('_').map_or(id, |(family, _)| family),
};
