"""The ways to people, tested for real without telling anybody."""

from tests.service_desk.notices.far import SECRET, Hook


def settings(folder, port):
    (folder / "secret").write_text(SECRET)
    there = f"url: 'http://127.0.0.1:{port}/', secret: !file {folder}/secret"
    return f"channels: {{chat: {{kind: channel.webhook, {there}}}}}\n"


def test_without_one_it_says_so(patient):
    [finding] = patient.findings("channels")
    assert finding.state == "unseen"
    assert "nobody is told" in finding.what


def test_one_that_works_is_pinged_and_tells_nobody(patient, free_port, tmp_path):
    far = Hook(free_port()).start()
    patient.write(settings(tmp_path, far.port))
    assert patient.says("channels") == [("well", "", "chat", "127.0.0.1 takes what is signed")]
    assert (far.pings, far.got) == (1, [])
    far.stop()


def test_a_dead_one_is_told(patient, free_port, tmp_path):
    patient.write(settings(tmp_path, free_port()))
    assert patient.says("channels") == [
        ("trouble", "channels.dead", "chat", "127.0.0.1 does not answer: Connection refused")
    ]
