"""The grammar of line protocol: what is taken, what is not and why; against a real InfluxDB 1."""

import json
import urllib.error
import urllib.parse
import urllib.request

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.errors import BadFrame
from collector.influx.lines import literal
from collector.influx.parse import Key, Line, key_of, lines, parsed


@pytest.mark.parametrize(
    "line, fields",
    [
        ("m a=1", [("a", 1.0)]),
        ("m a=-.5e3,b=1.,c=1E+2", [("a", -500.0), ("b", 1.0), ("c", 100.0)]),
        ("m a=12i,b=-0i,c=18446744073709551615u", [("a", 12), ("b", 0), ("c", 18446744073709551615)]),
        ("m a=t,b=T,c=true,d=True,e=TRUE", [(name, True) for name in "abcde"]),
        ("m a=f,b=F,c=false,d=False,e=FALSE", [(name, False) for name in "abcde"]),
        ('m a="",b="x, y=z",c="\\"\\\\ \\n"', [("a", ""), ("b", "x, y=z"), ("c", '"\\ \\n')]),
        ('m a="two\nlines",b=2', [("a", "two\nlines"), ("b", 2.0)]),
        (r"m a\ b=1,c\,d=2,e\=f=3", [("a b", 1.0), ("c,d", 2.0), ("e=f", 3.0)]),
        ('m "a"=1', [('"a"', 1.0)]),
    ],
)
def test_fields(line, fields):
    assert parsed(line, 1) == Line("m", fields, None)


@pytest.mark.parametrize(
    "key, expected",
    [
        ("m", Key("m", ())),
        ("m,b=2,a=1", Key("m", (("a", "1"), ("b", "2")))),
        (r"°C\ x\,y,a\ b=c\,d,e\=f=g\\h", Key("°C x,y", (("a b", "c,d"), ("e=f", r"g\\h")))),
        ('m=x,"a"="b"', Key("m=x", (('"a"', '"b"'),))),
    ],
)
def test_keys(key, expected):
    assert key_of(key) == expected
    assert parsed(f"{key} a=1", 1).key == key


@pytest.mark.parametrize("time, ns, expected", [("1", 10**9, 10**9), ("-5", 10**6, -5 * 10**6), ("  7  ", 1, 7)])
def test_times(time, ns, expected):
    assert parsed(f"m  a=1 {time}", ns).at_ns == expected


def test_lines_comments_and_newlines_in_texts():
    text = '# comment\n\n \tm a=1 1\r\nm a="b\n# no comment\nc" 2\n   # comment\nm\\\\,t="x a=3'
    assert [line for _, line in lines(text)] == ["m a=1 1", 'm a="b\n# no comment\nc" 2', 'm\\\\,t="x a=3']
    assert all(text[begins:].startswith(line) for begins, line in lines(text))


@pytest.mark.parametrize(
    "line, why, offset",
    [
        ("bad", "missing fields", 3),
        (",a=1 b=1", "missing measurement", 0),
        ("m, b=1", "missing tag key", 1),
        ("m,a b=1", "missing tag value", 1),
        ("m,a= b=1", "missing tag value", 1),
        ("m,a=b=c d=1", "invalid tag format", 1),
        ("m,a=1,a=2 b=1", "duplicate tags", 5),
        ("m b", "invalid field format", 2),
        ("m b=1,", "invalid field format", 2),
        ("m =1", "missing field key", 2),
        ("m b=", "missing field value", 2),
        ("m b=NaN", "invalid number", 2),
        ("m b=0x10", "invalid number", 2),
        ("m b=1_0", "invalid number", 2),
        ("m b=1i1", "invalid number", 2),
        ("m b=-1u", "invalid number", 2),
        ("m b=Inf", "invalid boolean", 2),
        ("m b=tRUE", "invalid boolean", 2),
        ("m b=1e400", "invalid float", 2),
        ("m b=9223372036854775808i", "unable to parse integer: value out of range", 2),
        ('m a=1,b="x', "unbalanced quotes", 6),
        ('m b="x"y', "invalid field format", 7),
        ("m b=1 1.5", "bad timestamp", 6),
        ("m b=1 1 x", "point is invalid", 6),
        ("m b=1 9223372036854775807", f"time outside range -{2**63 - 2} - {2**63 - 2}", 6),
    ],
)
def test_what_is_wrong_and_where(line, why, offset):
    def read():
        key_of(parsed(line, 1).key)

    with pytest.raises(BadFrame) as bad:
        read()
    assert (str(bad.value), bad.value.offset) == (why, offset)


# ---------------------------------------------------------------- whatever is written comes back

values = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.text())


@given(st.lists(values, min_size=1, max_size=4), st.integers(-(2**62), 2**62))
def test_values_of_our_writer_come_back(said, at):
    fields = [(f"f{n}", value) for n, value in enumerate(said)]
    text = f"m {','.join(f'{name}={literal(value)}' for name, value in fields)} {at}\nm f=1 1"
    assert [parsed(line, 1) for _, line in lines(text)] == [Line("m", fields, at), Line("m", [("f", 1.0)], 1)]


# ---------------------------------------------------------------- a real InfluxDB takes the same

word = st.text(alphabet="ab1t.-e°", min_size=1, max_size=4)
name = st.one_of(word, word.map(lambda text: text.replace("1", "\\ ").replace("t", "\\,")))
number = st.text(alphabet="0123456789.-+eEiuNx", min_size=1, max_size=6).filter(lambda text: "u" not in text)
text_ = st.text(alphabet='ab ,=\\"\n1', max_size=5).map(literal)
value = st.one_of(number, text_, st.sampled_from(["t", "TRUE", "tru", "False", "", "FALSEY", "1e5", "-7i"]))
spoilt = st.sampled_from(["", "", "", "", ",", "=", " ", "x", '"'])
cut_off = st.sampled_from(["", "", "", ","])  # behind a quote InfluxDB keeps anything, and we do not


@st.composite
def written(draw):
    tags = "".join(f",{draw(name)}={draw(name)}" for _ in range(draw(st.integers(0, 2))))
    fields = ",".join(f"f{n}{draw(name)}={draw(value)}" for n in range(draw(st.integers(1, 2))))
    time = draw(st.sampled_from(["", " 5", " -5", "  77 ", " x", " 1 1"]))
    return f"m{draw(name)}{tags}{draw(spoilt)} {fields}{draw(cut_off)}{time}"


def ask(url, body=None):
    try:
        with urllib.request.urlopen(url, body, timeout=10) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as no:
        return no.code, json.loads(no.read())


def ours(text):
    """{measurement: (tags, fields)} of the lines we take; None when a line is bad."""
    found = {}
    for _, line in lines(text):
        try:
            key, fields, _ = parsed(line, 1)
            measurement, tags = key_of(key)
        except BadFrame:
            return None
        found[measurement] = (dict(tags), dict(fields))
    return found


def theirs(url, database):
    """The same, as the server gives it back; a name shared by a tag and a field is renamed there."""
    query = urllib.parse.urlencode({"db": database, "q": "SELECT * FROM /.*/ GROUP BY *"})
    series = ask(f"{url}/query?{query}")[1]["results"][0].get("series", [])
    return {
        each["name"]: (
            {tag: said for tag, said in each.get("tags", {}).items() if said},
            {
                field: said
                for field, said in zip(each["columns"], each["values"][0], strict=True)
                if field != "time" and said is not None
            },
        )
        for each in series
    }


@given(written())
@settings(max_examples=60)
def test_influxdb_takes_the_same_lines_and_gives_the_same_back(one_influxd, text):
    database = one_influxd.database()
    status, said = ask(f"{one_influxd.url}/write?db={database}", text.encode())
    taken = ours(text)
    assert (status == 204) == (taken is not None), (said, taken)
    if taken:
        assert theirs(one_influxd.url, database) == taken
    one_influxd.statement(f'DROP DATABASE "{database}"')
