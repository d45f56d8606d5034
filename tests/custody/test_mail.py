"""Mail about what waits on a person, to a real mail server: that something waits, never what it is about."""

import email
import email.policy
import unittest

import department
import requests
import services
from aiosmtpd.controller import Controller
from case import CustodyCase
from clients import Api

# An exception that a supervisor approves, by the policy of the test.
CODE = "informant"
PASSWORD = "a long and quiet morning 4"
CALLS = (
    "call_id,officer_id,district,call_type,dispatched_at,en_route_at,on_scene_at,cleared_at\n"
    "C-SECRET-1,O7,7,traffic stop,2026-03-01T10:00:00Z,2026-03-01T10:01:00Z,2026-03-01T10:05:00Z,2026-03-01T10:30:00Z\n"
)
# The audit knows no absence of recordings without a window of recordings.
RECORDINGS = (
    "recording_id,officer_id,camera_serial,started_at,stopped_at\n"
    "r1,O8,cam8,2026-03-01T00:00:00Z,2026-03-01T00:10:00Z\n"
    "r2,O8,cam8,2026-03-02T00:00:00Z,2026-03-02T00:10:00Z\n"
)


class Box:
    """What a mail server has been given."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append((envelope.rcpt_tos, message))
        return "250 kept"

    def to(self, address):
        return [message for recipients, message in self.mails if recipients == [address]]


class Mailing(department.Department):
    """A department that sends mail through a server on this machine."""

    def __init__(self, port):
        self.mail_port = port
        super().__init__()

    def _place(self, data):
        config = self.folder / "server.toml"
        mail = f'[mail]\nhost = "127.0.0.1"\nport = {self.mail_port}\nprotection = "none"\n'
        mail += 'from = "onrecord@agency.example"\nwait_seconds = 1\n'
        site = '[server]\nname = "Springfield"\npublic_url = "https://evidence.agency.example/"\n'
        config.write_text(f'{self._config(data)}\n{site}\n[audit]\npolicy = "us-il-chicago"\n\n{mail}')
        config.chmod(0o600)
        return ["--config", str(config)]


class MailCase(CustodyCase):
    @classmethod
    def make_department(cls):
        cls.port, cls.box = services.free_port(), Box()
        return Mailing(cls.port)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.api = Api(cls.department.base_url, cls.department.token("admin"))

    def person(self, name, role, address):
        """A new person who has signed in."""
        new = {"name": name, "roles": [role], "mail": address, "districts": ["7"]}
        made = self.post(self.api.session, "/api/v1/people", {**new, "officer_id": name.upper()})
        browser = requests.Session()
        browser.headers["Origin"] = self.department.base_url
        signed_in = self.post(browser, "/api/v1/sign-in", {"name": name, "password": made["password"]})
        browser.headers["X-CSRF-Token"] = signed_in["csrf_token"]
        self.post(browser, "/api/v1/session/password", {"current": made["password"], "new": PASSWORD})
        return browser

    def post(self, session, path, said):
        answer = session.post(f"{self.department.base_url}{path}", json=said, timeout=30)
        self.assertIn(answer.status_code, (200, 201, 204), f"{path}: {answer.text}")
        return answer.json() if answer.content else None

    def take_in(self, kind, text):
        answer = self.api.session.post(f"{self.department.base_url}/api/v1/imports/{kind}", data=text, timeout=30)
        self.assertEqual(answer.status_code, 200, answer.text)

    def test_who_must_decide_and_who_waits_are_mailed_once_the_mail_server_is_there(self):
        supervisor = self.person("sgt", "supervisor", "sgt@agency.example")
        officer = self.person("o7", "officer", "o7@agency.example")
        self.take_in("recordings", RECORDINGS)
        self.take_in("calls", CALLS)
        said = {"officer_id": "O7", "code": CODE, "text": "Spoke with an informant."}
        given = self.post(officer, "/api/v1/calls/C-SECRET-1/accounts", said)
        self.assertEqual(given["state"], "pending")

        # The mail server is away at first; the job tries again.
        controller = Controller(self.box, hostname="127.0.0.1", port=self.port)
        services.wait_until(lambda: "a job failed" in self.department.logs(), "no mail was tried", 30)
        controller.start()
        self.addCleanup(controller.stop)
        services.wait_until(lambda: self.box.to("sgt@agency.example"), "no mail came to the supervisor", 60)
        self.assert_says_nothing(self.box.to("sgt@agency.example")[0], "An account waits for your decision.")

        decision = {"approve": True, "reason": "As it was."}
        self.post(supervisor, f"/api/v1/accounts/{given['id']}/decision", decision)
        services.wait_until(lambda: self.box.to("o7@agency.example"), "no mail came to the officer", 60)
        self.assert_says_nothing(self.box.to("o7@agency.example")[0], "Your account of a call was approved.")
        self.assertEqual(len(self.box.mails), 2, [str(mail) for mail in self.box.mails])

    def assert_says_nothing(self, mail, sentence):
        self.assertEqual(mail["from"], "Springfield <onrecord@agency.example>")
        self.assertEqual(mail["subject"], "Springfield: something waits for you in Onrecord")
        text = mail.get_content()
        self.assertIn(f"- {sentence}", text)
        self.assertIn("https://evidence.agency.example/\n", text.replace("\r\n", "\n"))
        for secret in ("C-SECRET-1", "O7", "informant", "traffic"):
            self.assertNotIn(secret, str(mail))


if __name__ == "__main__":
    unittest.main()
