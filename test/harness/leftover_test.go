package harness

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

func TestStopLeavesNothing(t *testing.T) {
	cp := New(t, Options{Scheduler: true})
	pids := append(processes(cp.PIDs()), cp.PID())
	if len(pids) != 5 {
		t.Errorf("%d processes, want the supervisor and four components", len(pids))
	}
	start := time.Now()
	if err := cp.Stop(); err != nil {
		t.Fatal(err)
	}
	t.Logf("stopped in %s", time.Since(start).Round(time.Millisecond))
	if err := gone(cp.DataDir, pids...); err != nil {
		t.Error(err)
	}
}

func TestKilledParentLeavesNothing(t *testing.T) {
	child, report := startChild(t)
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	Eventually(t, 20*time.Second, func() error {
		return gone(report.DataDir, append(processes(report.Components), report.Supervisor)...)
	})
}

func TestKilledSupervisorLeavesNoProcess(t *testing.T) {
	cp := New(t, Options{})
	pids := processes(cp.PIDs())
	if err := syscall.Kill(cp.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	Eventually(t, 10*time.Second, func() error { return gone("", pids...) })
	if err := cp.Stop(); err == nil {
		t.Error("Stop does not tell that the supervisor was killed")
	}
	if err := gone(cp.DataDir); err != nil {
		t.Error(err)
	}
}

// startChild starts a process that starts a control plane.
func startChild(t *testing.T) (*exec.Cmd, childReport) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a control plane")
	}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"=1")
	child.Stderr = os.Stderr
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var report childReport
	if err := json.NewDecoder(stdout).Decode(&report); err != nil {
		_ = child.Process.Kill()
		t.Fatalf("the child says nothing: %v", errors.Join(err, child.Wait()))
	}
	return child, report
}

func processes(components map[string]int) []int {
	var pids []int
	for _, pid := range components {
		pids = append(pids, pid)
	}
	return pids
}

// gone returns an error for what is still there.
func gone(dir string, pids ...int) error {
	for _, pid := range pids {
		if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("process %d is still there (%v)", pid, err)
		}
	}
	if dir == "" {
		return nil
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is still there (%v)", dir, err)
	}
	return nil
}
