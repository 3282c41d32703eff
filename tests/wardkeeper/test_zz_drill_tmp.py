"""exploration drills"""
import json, os, signal, sqlite3, subprocess, sys, time, threading, resource, urllib.error
import pytest
from tests.wardkeeper.conftest import until, Server
from tests.wardkeeper.conftest import server_of
from tests.wardkeeper.test_serve import publisher, readings, RULES, DEVICE, FRIDGE
from tests.conftest import mosquitto, free_port

def serve_raw(server, timeout=60, **kw):
    return subprocess.run([sys.executable,"-m","wardkeeper.cli","serve","--config",str(server.config)],capture_output=True,text=True,timeout=timeout,**kw)

def test_corrupt_duckdb(server_of):
    s = server_of(1)
    d = s.config.parent/"data"/"store"; d.mkdir(parents=True, exist_ok=True)
    (d/"points.duckdb").write_bytes(os.urandom(20000))
    r = serve_raw(s); print("DUCK", r.returncode, r.stdout[-300:], r.stderr[-1500:])

def test_truncated_duckdb(server_of):
    s = server_of(1)
    import duckdb
    d = s.config.parent/"data"/"store"; d.mkdir(parents=True, exist_ok=True)
    c = duckdb.connect(str(d/"points.duckdb")); c.execute("create table x as select range r from range(1000000)"); c.close()
    p = d/"points.duckdb"; b = bytearray(p.read_bytes()); b[8192:9000] = os.urandom(808); p.write_bytes(bytes(b[:len(b)//2]))
    r = serve_raw(s); print("DUCK2", r.returncode, r.stdout[-300:], r.stderr[-1500:])

def test_corrupt_wal(server_of):
    s = server_of(1)
    d = s.config.parent/"data"/"store"; d.mkdir(parents=True, exist_ok=True)
    import duckdb
    c = duckdb.connect(str(d/"points.duckdb")); c.execute("create table x (a int)"); c.close()
    (d/"points.duckdb.wal").write_bytes(os.urandom(5000))
    try:
        r = serve_raw(s, 20); print("WAL", r.returncode, r.stdout[-300:], r.stderr[-1500:])
    except subprocess.TimeoutExpired as e: print("WAL runs", e.stdout)

def test_corrupt_sqlite(server_of):
    s = server_of(1)
    p = s.config.parent/"data"/"wardkeeper.db"; b = bytearray(p.read_bytes()); b[:100] = os.urandom(100); p.write_bytes(bytes(b))
    r = serve_raw(s); print("SQLITE", r.returncode, r.stdout[-300:], r.stderr[-1500:])

def test_corrupt_sessions_json(server_of):
    s = server_of(1)
    d = s.config.parent/"data"/"spool"; d.mkdir(parents=True, exist_ok=True)
    (d/"sessions.json").write_bytes(b"\0\0\0\0")
    try:
        r = serve_raw(s, 20); print("SESS", r.returncode, r.stdout[-300:], r.stderr[-1500:])
    except subprocess.TimeoutExpired as e: print("SESS runs", e.stdout)

def test_two(server_of):
    s = server_of(1).start()
    cfg = s.config.read_text()
    other = s.config.parent/"other.yaml"; other.write_text(cfg.replace(str(s.url.rsplit(":",1)[1]), "0"))
    r = subprocess.run([sys.executable,"-m","wardkeeper.cli","serve","--config",str(other)],capture_output=True,text=True,timeout=60)
    print("TWO", r.returncode, r.stdout[-300:], r.stderr[-1500:])
