"""Attacks, run one after the other, each in a process of its own; copied into the sandbox as the
program, and run outside it as the control.

Each function returns what it got, and raises or returns None when it got nothing. Aims come from
`targets.json`; the last line of output says what each got.
"""

import ctypes
import json
import os
import resource
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

AIM = json.loads(Path("targets.json").read_text()) if Path("targets.json").exists() else {}
LIBC = ctypes.CDLL(None, use_errno=True)
X86 = os.uname().machine == "x86_64"
NEW_USER, NEW_MOUNTS = 0x10000000, 0x20000
SECONDS = 40


def call(number, *arguments):
    """A system call by number; None when it is refused."""
    done = LIBC.syscall(ctypes.c_long(number), *arguments)
    return None if done < 0 else max(done, 1)


def n(x86, arm):
    return x86 if X86 else arm


# -- files


def read_secret():
    return Path(AIM["secret"]).read_text()


def read_project():
    return Path(AIM["project"], "manage.py").read_text()


def list_home():
    return os.listdir(AIM["home"])


def read_passwd():
    return Path("/etc/passwd").read_text()


def read_environ_of_server():
    return Path(f"/proc/{AIM['pid']}/environ").read_bytes()


def read_environ_of_first():
    return Path("/proc/1/cmdline").read_bytes() and Path("/proc/self/environ").read_bytes()


def own_environment():
    return os.environ.get("ATTACK_SECRET")


def read_memory_of_other():
    with open(f"/proc/{os.getppid()}/maps") as file:
        return file.read(10)


def own_memory():
    with open("/proc/self/mem", "r+b") as file:
        return bool(file.fileno())


def memory_of_first():
    with open("/proc/1/mem", "rb") as file:
        return bool(file.fileno())


def ask_kernel():
    """The door of what a keyboard asks of the kernel; nothing is asked."""
    return os.open("/proc/sysrq-trigger", os.O_WRONLY)


def kernel_log():
    return call(n(103, 116), 10, None, 0)


def list_sys():
    return os.listdir("/sys/kernel")


def kernel_settings():
    return Path("/proc/sys/kernel/core_pattern").read_text()


def more_devices():
    return sorted(set(os.listdir("/dev")) - {"null", "zero", "full", "random", "urandom"})


def write_outside():
    return Path(AIM["folder"], "planted").write_text("x")


def write_packages():
    for folder in sys.path[1:]:
        try:
            Path(folder, "planted.py").write_text("x = 1")
        except OSError:
            continue
        Path(folder, "planted.py").unlink()
        return folder


def change_input():
    return Path("targets.json").write_text(Path("targets.json").read_text())


def change_device():
    os.chmod(AIM["mode_of"], 0o777)
    return True


def link_secret():
    os.link(AIM["secret"], "linked")
    return True


def dropped_program():
    shutil.copy(os.path.realpath(sys.executable), "dropped")
    os.chmod("dropped", 0o700)
    return subprocess.run(["./dropped", "-c", "1"], capture_output=True).returncode == 0


def memory_program():
    return call(n(319, 279), b"x", 0)


def program_by_handle():
    """Run what is open, by no name."""
    handle = os.open(os.path.realpath(sys.executable), os.O_PATH)
    child = os.fork()
    if child == 0:
        words = (ctypes.c_char_p * 5)(b"python", b"-S", b"-c", b"", None)
        none = (ctypes.c_char_p * 1)(None)
        call(n(322, 281), handle, b"", words, none, 0x1000)
        os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def secret_memory():
    return call(447, 0)


def shell():
    return subprocess.run(["/bin/sh", "-c", "echo got"], capture_output=True).stdout


def setuid_program():
    program = next(p for p in ("/usr/bin/su", "/bin/su", "/usr/bin/passwd") if os.path.exists(p))
    return subprocess.run([program, "--help"], capture_output=True, timeout=5).returncode == 0


def make_fifo():
    os.mkfifo("pipe")
    return True


def make_device():
    os.mknod("disk", 0o600 | 0o060000, os.makedev(8, 0))
    return True


# -- the project


def import_django():
    import django

    return django.__name__


def import_settings():
    import handywriterz.env

    return handywriterz.env.__name__


def import_product():
    import autonomy.core.sandbox

    return autonomy.core.sandbox.__name__


# -- the network


def family(name, kind=socket.SOCK_DGRAM):
    return str(socket.socket(getattr(socket, name), kind))


def unix_socket():
    return family("AF_UNIX")


def inet_socket():
    return family("AF_INET")


def inet6_socket():
    return family("AF_INET6")


def netlink_socket():
    return family("AF_NETLINK", socket.SOCK_RAW)


def packet_socket():
    return family("AF_PACKET", socket.SOCK_RAW)


def vsock_socket():
    return family("AF_VSOCK", socket.SOCK_STREAM)


def crypto_socket():
    return family("AF_ALG", socket.SOCK_SEQPACKET)


def bluetooth_socket():
    return family("AF_BLUETOOTH", socket.SOCK_RAW)


def express_socket():
    return str(socket.socket(44, socket.SOCK_RAW))


def bus_socket():
    return family("AF_CAN", socket.SOCK_RAW)


def key_socket():
    return str(socket.socket(15, socket.SOCK_RAW, 2))


def any_family():
    for number in range(64):
        for kind in (1, 2, 3, 5):
            done = LIBC.socket(number, kind, 0)
            if done >= 0:
                return f"family {number}"


def connect_path():
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(AIM["socket"])
        return client.recv(8)


def connect_abstract():
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("\0" + AIM["abstract"])
        return client.recv(8)


def connect_tcp():
    with socket.create_connection(("127.0.0.1", AIM["port"]), 2) as client:
        return client.recv(8)


def send_udp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        return client.sendto(b"out", ("127.0.0.1", AIM["port"]))


def resolve_name():
    return socket.getaddrinfo("localhost", 80)


def pair_to_elsewhere():
    one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    return one.sendto(b"out", "\0" + AIM["datagrams"])


def list_interfaces():
    return socket.if_nameindex()


# -- other processes


def signal_other():
    os.kill(AIM["victim"], 0)
    return True


def kill_other():
    os.kill(AIM["victim"], signal.SIGURG)
    return True


def handle_on_other():
    return call(434, AIM["victim"], 0)


def slow_other():
    os.setpriority(os.PRIO_PROCESS, AIM["victim"], 5)
    return True


def limits_of_other():
    return resource.prlimit(AIM["victim"], resource.RLIMIT_CORE)


def trace():
    return call(n(101, 117), 0, 0, 0, 0)


def trace_other():
    for pid in (AIM["victim"], 1):
        if call(n(101, 117), ctypes.c_long(0x4206), ctypes.c_long(pid), 0, 0):
            return pid


def memory_of_other():
    for pid in (AIM["victim"], 1, os.getppid()):
        with open(f"/proc/{pid}/maps") as file:
            place = int(file.read(24).split("-")[0], 16)
        target = ctypes.create_string_buffer(4)
        here = struct.pack("QQ", ctypes.addressof(target), 4)
        if call(n(310, 270), pid, here, ctypes.c_ulong(1), struct.pack("QQ", place, 4),
                ctypes.c_ulong(1), ctypes.c_ulong(0)):  # fmt: skip
            return pid


def steal_descriptor():
    handle = LIBC.syscall(ctypes.c_long(434), AIM["victim"], 0)
    return call(438, handle, 0, 0)


def enter_other():
    """The namespaces of another process, by a handle on it."""
    handle = LIBC.syscall(ctypes.c_long(434), AIM["victim"], 0)
    return call(n(308, 268), handle, 0x4000000)


def signal_group():
    os.killpg(os.getpgid(AIM["victim"]), 0)
    return True


def vectors():
    target = ctypes.create_string_buffer(b"secret")
    source = ctypes.create_string_buffer(6)
    here = struct.pack("QQ", ctypes.addressof(source), 6)
    there = struct.pack("QQ", ctypes.addressof(target), 6)
    return here, there


def read_memory():
    return call(n(310, 270), os.getpid(), *_six(vectors()))


def write_memory():
    return call(n(311, 271), os.getpid(), *_six(vectors()))


def _six(both):
    here, there = both
    one = ctypes.c_ulong(1)
    return here, one, there, one, ctypes.c_ulong(0)


def compare_processes():
    return call(n(312, 272), os.getpid(), os.getpid(), 0, 0, 0)


# -- the kernel


def key_in_kernel():
    return call(n(248, 217), b"user", b"attack", b"x", ctypes.c_size_t(1), ctypes.c_int(-2))


def keyring():
    return call(n(250, 219), ctypes.c_int(0), ctypes.c_int(-3), 1, 0, 0)


def load_bpf():
    attributes = struct.pack("IIII", 2, 4, 4, 1) + bytes(104)
    return call(n(321, 280), 0, attributes, ctypes.c_uint(len(attributes)))


def page_faults():
    return call(n(323, 282), 1)


def count_events():
    attributes = struct.pack("IIQQQQQ", 1, 112, 0, 0, 0, 0, 1 << 5 | 1 << 6) + bytes(64)
    return call(n(298, 241), attributes, 0, ctypes.c_int(-1), ctypes.c_int(-1), ctypes.c_ulong(0))


def ring():
    return call(425, 1, ctypes.create_string_buffer(120))


def new_user():
    return call(n(272, 97), NEW_USER)


def new_user_by_clone():
    arguments = [ctypes.c_ulong(NEW_USER | signal.SIGCHLD)] + [ctypes.c_ulong(0)] * 4
    child = LIBC.syscall(ctypes.c_long(n(56, 220)), *arguments)
    if child == 0:
        os._exit(0)
    return child > 0


def new_user_by_clone3():
    arguments = struct.pack("QQQQQQQQ", NEW_USER, 0, 0, 0, signal.SIGCHLD, 0, 0, 0)
    child = LIBC.syscall(ctypes.c_long(435), arguments, ctypes.c_size_t(64))
    if child == 0:
        os._exit(0)
    return child > 0


def enter_namespace():
    handle = os.open("/proc/self/ns/uts", os.O_RDONLY)
    return call(n(308, 268), handle, 0)


def mount_over():
    new_mounts = call(n(272, 97), NEW_USER | NEW_MOUNTS)
    done = LIBC.mount(b"none", os.getcwd().encode(), b"tmpfs", 0, b"")
    return done == 0 or new_mounts


def move_root():
    """A root of one's own, by `pivot_root`."""
    call(n(272, 97), NEW_USER | NEW_MOUNTS)
    os.mkdir("root")
    LIBC.mount(b"none", b"/", b"", ctypes.c_ulong(0x44000), b"")
    LIBC.mount(b"none", b"root", b"tmpfs", ctypes.c_ulong(0), b"")
    os.chdir("root")
    return call(n(155, 41), b".", b".")


def mount_new_way():
    return call(430, b"tmpfs", 0) or call(428, -100, b"/", 1)


def change_root():
    call(n(272, 97), NEW_USER)
    os.chroot(".")
    return True


def handle_of_file():
    buffer = ctypes.create_string_buffer(struct.pack("Ii", 128, 0) + bytes(128))
    number = ctypes.c_int()
    return call(n(303, 264), -100, b".", buffer, ctypes.byref(number), 0)


def personality():
    return call(n(135, 92), ctypes.c_ulong(0xFFFFFFFF))


def become_root():
    os.setuid(0)
    return True


def take_capabilities():
    call(n(272, 97), NEW_USER)
    header = struct.pack("Ii", 0x20080522, 0)
    both = struct.pack("IIIIII", 1, 1, 0, 0, 0, 0)
    return call(n(126, 91), header, both)


def rename_machine():
    name = socket.gethostname()
    socket.sethostname(name)
    return True


def shared_memory():
    return call(n(29, 194), 0, ctypes.c_size_t(4096), 0o600 | 0o1000)


def message_queue():
    name = f"attack{os.getpid()}".encode()
    done = call(n(240, 180), name, os.O_CREAT | os.O_RDWR, 0o600, None)
    call(n(241, 181), name)
    return done


def watch_files():
    return call(n(294, 26), 0) or call(n(300, 262), 0, 0)


def type_into_terminal():
    _, terminal = os.openpty()
    return LIBC.ioctl(terminal, 0x5412, b"x") == 0


def open_terminal():
    return os.ttyname(os.open("/dev/ptmx", os.O_RDWR)) or True


def real_time():
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    return True


def raise_limit():
    for kind in (resource.RLIMIT_NPROC, resource.RLIMIT_DATA, resource.RLIMIT_FSIZE):
        if resource.getrlimit(kind)[1] == resource.RLIM_INFINITY:
            return kind
    return None if AIM.get("inside", True) else True


def calls_of_32_bits():
    """getpid of i386, by its own gate."""
    if not X86:
        return None
    import mmap

    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")
    place = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return ctypes.CFUNCTYPE(ctypes.c_int)(place)() > 0


def calls_of_x32():
    """A number with the bit of x32: whatever the kernel says of it, the filter ends the process."""
    LIBC.syscall(ctypes.c_long(0x40000000 + 39))
    return True


ROOT_ONLY = """read_environ_of_first packet_socket make_device enter_namespace become_root load_bpf
    rename_machine type_into_terminal real_time change_device count_events
    enter_other""".split()
"""Attacks that only root brings off outside, so only root can see them succeed there."""
UNCONTROLLED = """vsock_socket mount_new_way raise_limit calls_of_32_bits crypto_socket
    inet6_socket message_queue bluetooth_socket express_socket bus_socket key_socket kernel_log
    secret_memory trace_other memory_of_other steal_descriptor memory_of_first
    ask_kernel""".split()
"""What a kernel may not have at all, or may keep from everybody: nobody expects them to succeed
outside."""
ATTACKS = [
    value
    for name, value in list(globals().items())
    if callable(value)
    and getattr(value, "__module__", "") == __name__
    and name not in ("call", "n", "family", "vectors", "_six", "Path")
]


def alone(attack):
    """What it got, in a process of its own."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            got = attack()
        except BaseException:
            got = None
        os.write(write, repr(got)[:200].encode() if got else b"")
        os._exit(0)
    os.close(write)
    ready, _, _ = select.select([read], [], [], SECONDS)
    got = os.read(read, 200).decode() if ready else ""
    os.close(read)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return got


if __name__ == "__main__":
    began = time.monotonic()
    print(json.dumps({attack.__name__: alone(attack) for attack in ATTACKS}))
