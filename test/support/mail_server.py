"""A mail server that is not JavaScript: accepts emails over TLS only, from user `contacts` with password `right`.

    mail_server.py CA_FILE

Writes the certificate of its authority to CA_FILE, then prints one JSON object with its ports: `starttls`, and `tls` for
TLS from the start of the connection. After that it prints one JSON object for each email, with the defects that Python's
strict parser finds in it. Ends when its standard input ends.
"""

import asyncio
import email
import email.policy
import json
import logging
import ssl
import sys
import warnings

import trustme
from aiosmtpd.smtp import SMTP, AuthResult

HOST = "127.0.0.1"

# Some of the tests are about clients that disconnect early.
logging.disable()
warnings.simplefilter("ignore")


async def main(ca_file):
    ca = trustme.CA()
    ca.cert_pem.write_to_path(ca_file)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert(HOST).configure_cert(tls)
    loop = asyncio.get_running_loop()
    starttls = await loop.create_server(lambda: smtp(tls_context=tls, require_starttls=True), HOST, 0)
    # aiosmtpd does not know that this connection uses TLS, so it must not require TLS for the login.
    implicit_tls = await loop.create_server(lambda: smtp(auth_require_tls=False), HOST, 0, ssl=tls)
    write_line({"starttls": port_of(starttls), "tls": port_of(implicit_tls)})
    await loop.run_in_executor(None, sys.stdin.read)


def smtp(**options):
    return SMTP(Handler(), hostname="localhost", authenticator=authenticate, auth_required=True, **options)


def authenticate(server, session, envelope, mechanism, login):
    if (login.login, login.password) == (b"contacts", b"right"):
        return AuthResult(success=True, auth_data="contacts")
    return AuthResult(success=False, handled=False)


class Handler:
    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.SMTP)
        text, html = (message.get_body([kind]).get_content().replace("\r\n", "\n") for kind in ("plain", "html"))
        write_line(
            {
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "user": session.auth_data,
                "encrypted": server.transport.get_extra_info("ssl_object") is not None,
                "defects": [repr(defect) for part in message.walk() for defect in defects_of(part)],
                "messageId": message["Message-ID"],
                "subject": message["Subject"],
                "text": text,
                "html": html,
            }
        )
        return "250 accepted"


def defects_of(part):
    yield from part.defects
    for header in part.values():
        yield from header.defects


def port_of(server):
    return server.sockets[0].getsockname()[1]


def write_line(value):
    print(json.dumps(value), flush=True)


asyncio.run(main(sys.argv[1]))
