"""The monitor outside, as far as a connection."""

from tests.wardkeeper.test_heartbeat import SECRET, Monitor


def test_without_one_it_says_so(patient):
    [finding] = patient.findings("heartbeat")
    assert finding.state == "unseen"
    assert "nobody is told" in finding.what


def test_one_that_can_be_reached_is_asked_nothing(patient):
    monitor = Monitor()
    patient.write(f"heartbeat: {{url: '{monitor.url}'}}\n")
    assert patient.says("heartbeat") == [("well", "", "127.0.0.1", "It can be reached")]
    assert monitor.heard == []
    monitor.shutdown()
    monitor.server_close()


def test_one_that_cannot_is_told_without_its_secret(patient, free_port):
    patient.write(f"heartbeat: {{url: 'http://127.0.0.1:{free_port()}/{SECRET}'}}\n")
    [(state, name, where, what)] = patient.says("heartbeat")
    assert (state, name) == ("trouble", "heartbeat.no-answer")
    assert what == "The outside monitor 127.0.0.1 does not answer: Connection refused"
    assert SECRET not in where + what
