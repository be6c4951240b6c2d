"""Requests that two servers may read differently: where one of them ends, what its headers are.

Behind each stands another request, which a server must not answer that has refused the first one.
"""

NEXT = b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
POST = b"POST /api/chatkit/session HTTP/1.1\r\nhost: x\r\n"

SMUGGLED = [
    POST + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" + NEXT,
    POST + b"transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n" + NEXT,
    POST + b"content-length: 5\r\ncontent-length: 0\r\n\r\n" + NEXT,
    POST + b"content-length: 0, 5\r\n\r\n" + NEXT,
    POST + b"content-length: +5\r\n\r\n" + NEXT,
    POST + b"content-length: -1\r\n\r\n" + NEXT,
    POST + b"content-length: 0x5\r\n\r\n" + NEXT,
    POST + b"content-length: 99999999999999999999999\r\n\r\n" + NEXT,
    POST + b"content-length : 0\r\n\r\n" + NEXT,
    POST + b"transfer-encoding : chunked\r\n\r\n0\r\n\r\n" + NEXT,
    POST + b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n" + NEXT,
    POST + b"transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n" + NEXT,
    POST + b"transfer-encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n" + NEXT,
    POST + b"transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n" + NEXT,
    POST + b" folded: a\r\n\r\n" + NEXT,
    POST + b"x-a: b\r\n folded\r\n\r\n" + NEXT,
    POST + b"x-a: b\0c\r\n\r\n" + NEXT,
    POST + b"x-a\0: b\r\n\r\n" + NEXT,
    POST + b": b\r\n\r\n" + NEXT,
    POST.replace(b"\r\n", b"\n") + b"\n" + NEXT,
    POST.replace(b"HTTP/1.1", b"HTTP/1.1 evil") + b"\r\n" + NEXT,
    POST.replace(b"HTTP/1.1", b"HTTP/9.9") + b"\r\n" + NEXT,
    b"CONNECT internal:80 HTTP/1.1\r\nhost: x\r\n\r\n" + NEXT,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + NEXT,
    b"\x16\x03\x01\x00\xa5\x01\x00\x00" + NEXT,
    b"nonsense\r\n\r\n" + NEXT,
]
