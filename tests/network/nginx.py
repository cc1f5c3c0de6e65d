"""A real nginx in front of the simulator: its own configuration and folder, on loopback, without any privilege."""

import os
import shutil
import subprocess

from tests.network.ports import end, free_port, wait_until_listening

HOW_TO_GET_IT = (
    "THE NETWORK TIER DID NOT RUN, there is no nginx. Install it: "
    "`apt-get install nginx-light` on Debian and Ubuntu, `brew install nginx` on macOS."
)
# Debian keeps it out of the PATH of ordinary users.
_FOLDERS = (os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin")

_FRAME = """
daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log info;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path temporary;
  proxy_temp_path temporary;
  fastcgi_temp_path temporary;
  uwsgi_temp_path temporary;
  scgi_temp_path temporary;
  proxy_max_temp_file_size 0;
  {http}
  server {{
    listen 127.0.0.1:{port}{tls};
    {server}
  }}
}}
"""


def find_nginx():
    """The executable; `None` if there is none."""
    return shutil.which("nginx", path=os.pathsep.join(_FOLDERS))


class Nginx:
    """One nginx that can be ended and started anew, on the same port."""

    def __init__(self, executable, folder, upstream):
        self._executable = executable
        self._folder = folder
        self._process = None
        self.upstream = upstream
        self.port = free_port()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def healthy(self):
        """Passes everything on as it came."""
        return f"location / {{ proxy_pass {self.upstream}; proxy_set_header Host $http_host; }}"

    def start(self, server="", http="", *, tls=False):
        """Serve with these directives, and the healthy ones for what they leave open."""
        self.stop()
        self._folder.mkdir(exist_ok=True)
        text = _FRAME.format(http=http, port=self.port, tls=" ssl" if tls else "", server=f"{server}\n{self.healthy}")
        (self._folder / "nginx.conf").write_text(text)
        told = self._folder / "stderr"
        with told.open("w") as stderr:
            self._process = subprocess.Popen(
                [self._executable, "-p", self._folder, "-c", "nginx.conf"], stdout=subprocess.DEVNULL, stderr=stderr
            )
        wait_until_listening(self.port, self._process, told.read_text)

    def stop(self):
        process, self._process = self._process, None
        if process:
            end(process)
