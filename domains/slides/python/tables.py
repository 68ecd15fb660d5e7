"""The rows of tables as they are drawn: LibreOffice makes one higher where its text does not fit."""
