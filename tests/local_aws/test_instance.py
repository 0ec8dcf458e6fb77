"""Starting, stopping and keeping an instance."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.local_aws import layout, ports
from ops.local_aws.instance import LocalAws
from tests.local_aws.cloud import Cloud, item, refused

SLOW_STARTER = """
import sys
from pathlib import Path
from ops.local_aws.instance import LocalAws
print("starting", flush=True)
LocalAws(Path(sys.argv[1])).start()
print("started", flush=True)
"""


def _program(directory: Path) -> subprocess.Popen[str]:
    """Another process that starts the instance of this directory."""
    return subprocess.Popen(
        [sys.executable, "-c", SLOW_STARTER, str(directory)],
        cwd=layout.CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _ends(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        # A child of this test stays as a zombie until it is waited for.
        with_state = Path(f"/proc/{pid}/stat")
        if with_state.exists() and with_state.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def test_start_twice_is_one_server_and_stop_twice_is_harmless(instance: LocalAws) -> None:
    assert not instance.status().running
    first = instance.start()
    second = instance.start()
    assert first.running
    assert (second.pid, second.started) == (first.pid, first.started)
    assert instance.stop()
    assert _ends(first.pid or 0)
    assert not instance.stop()
    assert not instance.status().running


def test_concurrent_starts_are_one_server(instance: LocalAws) -> None:
    programs = [_program(instance.directory) for _ in range(3)]
    for program in programs:
        _, errors = program.communicate(timeout=60)
        assert program.returncode == 0, errors
    status = instance.status()
    assert status.running
    assert instance.start().pid == status.pid


def test_state_endpoint_and_credentials_outlive_a_restart(instance: LocalAws) -> None:
    instance.start()
    environment, cloud = instance.environment(), Cloud(instance)
    bucket, table = cloud.bucket(cloud.key()), cloud.table(cloud.key())
    cloud.client("s3").put_bucket_metrics_configuration(
        Bucket=bucket, Id="EntireBucket", MetricsConfiguration={"Id": "EntireBucket"}
    )
    cloud.client("s3").put_object(Bucket=bucket, Key="a", Body=b"1")
    cloud.client("dynamodb").put_item(TableName=table, Item=item())
    instance.stop()
    instance.start()
    assert instance.environment() == environment
    cloud = Cloud(instance)
    assert cloud.client("s3").get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"
    metrics = cloud.client("s3").list_bucket_metrics_configurations(Bucket=bucket)
    assert metrics["MetricsConfigurationList"] == [{"Id": "EntireBucket"}]
    assert cloud.client("dynamodb").scan(TableName=table)["Items"] == [item()]


def test_kill_9_loses_a_second_at_most(instance: LocalAws) -> None:
    pid = instance.start().pid or 0
    cloud = Cloud(instance)
    bucket = cloud.bucket(cloud.key())
    cloud.client("s3").put_object(Bucket=bucket, Key="a", Body=b"1")
    time.sleep(2)
    os.kill(pid, signal.SIGKILL)
    # At once, while the kernel may still be busy with the killed one.
    assert instance.start().pid != pid
    assert Cloud(instance).client("s3").get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"


def test_a_killed_server_is_not_running(instance: LocalAws) -> None:
    pid = instance.start().pid or 0
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while instance.status().running and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not instance.status().running
    with pytest.raises(OpsError, match="not running"):
        instance.environment()
    assert not instance.stop()


def test_open_connections_do_not_hold_up_the_stop(instance: LocalAws) -> None:
    instance.start()
    cloud = Cloud(instance)
    clients = [cloud.client("s3"), cloud.client("s3", endpoint=cloud.plain_endpoint)]
    for client in clients:
        client.list_buckets()
    started = time.monotonic()
    instance.stop()
    assert time.monotonic() - started < 3


def test_reset_while_running(instance: LocalAws) -> None:
    pid = instance.start().pid
    old = Cloud(instance)
    old.bucket()
    instance.reset()
    assert instance.status().pid == pid
    assert Cloud(instance).client("s3").list_buckets()["Buckets"] == []
    assert refused(old.client("s3").list_buckets) == "InvalidAccessKeyId"
    instance.stop()
    instance.start()
    assert Cloud(instance).client("s3").list_buckets()["Buckets"] == []


def test_reset_while_stopped(instance: LocalAws) -> None:
    instance.start()
    Cloud(instance).bucket()
    instance.stop()
    generations = instance.directory / "table_generations.json"
    generations.write_text('{"dev": 2}')
    instance.reset()
    assert not generations.exists()
    instance.start()
    assert Cloud(instance).client("s3").list_buckets()["Buckets"] == []


def test_a_lost_deploy_user_is_made_again(instance: LocalAws) -> None:
    instance.start()
    file = instance.directory / "deployer.json"
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text("{")
    instance.start()
    key = json.loads(file.read_text())["access_key_id"]
    caller = Cloud(instance).client("sts").get_caller_identity()
    assert caller["Arn"].endswith(":user/deployer")
    keys = Cloud(instance).client("iam").list_access_keys(UserName="deployer")["AccessKeyMetadata"]
    assert [found["AccessKeyId"] for found in keys] == [key]


def test_a_port_in_use_is_named_with_its_holder(tmp_path: Path) -> None:
    port = _two_free_ports()
    with ports.listener(port + 1) as foreign:
        foreign.listen(1)
        with pytest.raises(OpsError) as caught:
            LocalAws(tmp_path / "aws", port).start()
    assert caught.value.code is ExitCode.LOCAL_AWS
    assert f"Port {port + 1}" in caught.value.message
    if Path("/proc/net/tcp").exists():
        assert f"pid {os.getpid()}" in caught.value.message
    assert "LOCAL_AWS_PORT" in caught.value.hint


@pytest.mark.parametrize("chosen", [False, True])
def test_the_endpoint_is_kept_although_a_killed_server_lets_go_of_it_late(
    tmp_path: Path, chosen: bool
) -> None:
    instance = LocalAws(tmp_path / "aws", _two_free_ports() if chosen else None)
    first = instance.start()
    assert first.endpoint
    instance.stop()
    held = ports.listener(int(first.endpoint.rpartition(":")[2]))
    held.listen(1)
    release = threading.Timer(0.5, held.close)
    release.start()
    try:
        assert instance.start().endpoint == first.endpoint
    finally:
        release.join()
        instance.stop()


def test_a_death_during_the_start_shows_the_log(tmp_path: Path) -> None:
    instance = LocalAws(tmp_path / "aws", without=["no-such-fix"])
    with pytest.raises(OpsError, match="while it was starting") as caught:
        instance.start()
    assert "no such fix: no-such-fix" in caught.value.hint
    assert caught.value.code is ExitCode.LOCAL_AWS
    assert not instance.status().running


def test_ctrl_c_during_the_start_leaves_nothing_unknown(instance: LocalAws) -> None:
    for delay_s in (0.0, 0.2, 0.5):
        program = _program(instance.directory)
        assert program.stdout
        assert program.stdout.readline() == "starting\n"
        time.sleep(delay_s)
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=30)
        if not instance.status().running:
            assert _servers_of(instance.directory) == []
        instance.stop()
    assert _servers_of(instance.directory) == []
    assert instance.start().running


def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OpsError, match="could not use its files") as caught:
        LocalAws(tmp_path / "file" / "aws").start()
    assert caught.value.code is ExitCode.OUTPUT


def test_a_killed_starter_leaves_a_server_that_stop_knows(instance: LocalAws) -> None:
    program = _program(instance.directory)
    assert program.stdout
    program.stdout.readline()
    deadline = time.monotonic() + 20
    while not instance.status().running and time.monotonic() < deadline:
        time.sleep(0.02)
    program.kill()
    program.communicate()
    instance.stop()
    assert _servers_of(instance.directory) == []


def test_instances_side_by_side_share_nothing(instance: LocalAws, tmp_path: Path) -> None:
    other = LocalAws(tmp_path / "other")
    instance.start()
    try:
        assert other.start().endpoint != instance.status().endpoint
        Cloud(instance).bucket()
        assert Cloud(other).client("s3").list_buckets()["Buckets"] == []
    finally:
        other.stop()
    assert instance.status().running


def test_reset_and_start_wait_for_each_other(instance: LocalAws) -> None:
    instance.start()
    threads = [threading.Thread(target=work) for work in (instance.reset, instance.start, instance.reset)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    Cloud(instance).client("sts").get_caller_identity()


def _two_free_ports() -> int:
    while True:
        (port,) = ports.free_ports(1)
        if port < 65535 and ports.is_free(port + 1):
            return port


def _servers_of(directory: Path) -> list[int]:
    """Process ids of servers of this directory, found without our own files."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"ops.local_aws.server" in words and str(directory).encode() in words:
            found.append(int(entry.parts[2]))
    return found


def test_only_loopback_is_bound(instance: LocalAws) -> None:
    status = instance.start()
    table = Path("/proc/net/tcp")
    if not table.exists():
        pytest.skip("needs /proc")
    sockets = {
        str(link.readlink())
        for link in Path(f"/proc/{status.pid}/fd").iterdir()
        if str(link.readlink()).startswith("socket:")
    }
    bound = [
        line.split()[1]
        for path in (table, Path("/proc/net/tcp6"), Path("/proc/net/udp"), Path("/proc/net/udp6"))
        if path.exists()
        for line in path.read_text().splitlines()[1:]
        if f"socket:[{line.split()[9]}]" in sockets and line.split()[3] in ("0A", "07")
    ]
    loopback = socket.inet_aton("127.0.0.1")[::-1].hex().upper()
    known = sorted(
        int(url.rpartition(":")[2]) for url in (status.endpoint or "", status.plain_endpoint or "")
    )
    assert {address.partition(":")[0] for address in bound} == {loopback}
    assert sorted(int(address.partition(":")[2], 16) for address in bound) == known
