"""A real Chroma server for tests and measurements."""

import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from rag.index import chroma, chroma_server
from rag.index.chroma_server import ServerAddress

PROGRAM = Path(sys.executable).parent / "chroma"


class Server:
    """A real `chroma run` that can be killed and started again over the same files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.address = ServerAddress(self.url)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Server":
        command = [str(PROGRAM), "run", "--path", str(self.folder), "--host", "127.0.0.1", "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(1200):
            try:
                urllib.request.urlopen(f"{self.url}/api/v2/heartbeat", timeout=5).close()
                return self
            except OSError:
                assert self.process.poll() is None
                time.sleep(0.1)
        raise AssertionError("chroma does not start")

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()

    def collections(self) -> set[str]:
        client = chroma_server._connect(self.address)
        try:
            return {each.name for each in client.list_collections()}
        finally:
            chroma.close(client)
