//! What crosses the files of this folder.
