"""Parsers turn the text of one page into sections; they read no files."""


class ParseError(Exception):
    """One page cannot be read; the others can.

    message  one plain sentence without the file's name
    line     1-based line in the file
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
