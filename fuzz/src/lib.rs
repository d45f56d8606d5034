//! What fuzz targets share.
