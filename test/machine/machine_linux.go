package machine

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
)

// Addresses of the machine, on its loopback device. There is no way out of it, and none in.
const (
	// Address is that of the node.
	Address = "10.77.0.1"
	// ServiceAddress is the first of the control plane's services, which every pod is told to be the API server's. A cluster has
	// kube-proxy to lead it there; here the API server listens on it.
	ServiceAddress = "10.0.0.1"
)

const (
	dirPrefix = "carto-machine-"
	variable  = "CARTO_MACHINE"
	name      = "carto-node"
)

// Inside says whether this process runs in a machine of Run.
func Inside() bool { return os.Getenv(variable) != "" }

// Dir is the machine's folder, which goes with it; os.TempDir is below it. CARTO_KEEP=1 in the environment keeps it.
func Dir() string { return os.Getenv(variable) }

// Cgroup is the control group, below the root of each hierarchy, in which the machine's containers belong: those of the kernel
// are not divided.
func Cgroup() string { return "/" + filepath.Base(Dir()) }

// Run runs this program again, with the same arguments, in a machine of its own, and returns its exit code. A signal ends the
// machine at once; the code is 130 then. Nothing is left of it.
func Run() int {
	code, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return max(code, 1)
	}
	return code
}

func run() (code int, err error) {
	sweep()
	dir, err := openDir()
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, dir.close()) }()

	// The child dies with the thread that started it, if nothing else has ended it by then.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), variable+"="+dir.path, "TMPDIR="+filepath.Join(dir.path, "tmp"))
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
		Pdeathsig:  syscall.SIGKILL,
		Setpgid:    true, // Ctrl-C is for this process, which cleans up
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(stop)
	if err := cmd.Start(); err != nil {
		return 1, fmt.Errorf("start a machine: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err = <-ended:
	case s := <-stop:
		fmt.Fprintf(os.Stderr, "%s: ending the machine\n", s)
		_ = cmd.Process.Kill() // the kernel ends all others before it
		<-ended
		return 130, nil
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return max(exit.ExitCode(), 1), nil // -1 is for one that was killed
	}
	return 0, err
}

// SetUp makes a machine out of new, but empty, namespaces: to be called inside, before anything else is started.
func SetUp() error {
	if os.Getpid() != 1 {
		return errors.New("set up the machine: this process is not its first")
	}
	if err := syscall.Sethostname([]byte(name)); err != nil {
		return fmt.Errorf("name the machine: %w", err)
	}
	if err := mount(); err != nil {
		return err
	}
	if err := makeCgroups(filepath.Base(Dir())); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"link", "set", "lo", "up"},
		{"address", "add", Address + "/32", "dev", "lo"},
		{"address", "add", ServiceAddress + "/32", "dev", "lo"},
	} {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("set up the network: ip %v: %w: %s", args, err, out)
		}
	}
	return nil
}

// tunables are what the kubelet sets for the whole kernel, which is not the machine's to change: it is shown that they are set.
var tunables = map[string]string{
	"vm/overcommit_memory":      "1",
	"vm/panic_on_oom":           "0",
	"kernel/panic":              "10",
	"kernel/panic_on_oops":      "1",
	"kernel/keys/root_maxkeys":  "1000000",
	"kernel/keys/root_maxbytes": "25000000",
}

// mount gives the machine its own of what programs expect at fixed places.
func mount() error {
	// What is mounted from now on is not to be seen outside.
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keep mounts private: %w", err)
	}
	if err := syscall.Mount("proc", "/proc", "proc", syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	// Sockets, network namespaces, the network's addresses in use, logs of pods.
	for _, path := range []string{"/run", "/var/log", "/var/lib/cni", "/var/lib/kubelet"} {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return fmt.Errorf("mount %s: %w", path, err)
		}
		// The folder that is in use may be below it.
		if err := syscall.Mount("tmpfs", path, "tmpfs", 0, "mode=755"); err != nil {
			return fmt.Errorf("mount %s: %w", path, err)
		}
	}
	for path, value := range tunables {
		file := filepath.Join(Dir(), filepath.Base(path))
		if err := os.WriteFile(file, []byte(value+"\n"), 0o600); err != nil {
			return fmt.Errorf("hide /proc/sys/%s: %w", path, err)
		}
		if err := syscall.Mount(file, "/proc/sys/"+path, "", syscall.MS_BIND, ""); err != nil {
			return fmt.Errorf("hide /proc/sys/%s: %w", path, err)
		}
	}
	return nil
}
