package agent

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// TestPluginWaits: what the plugin makes of what the agent does, by its exit code and its two streams.
func TestPluginWaits(t *testing.T) {
	t.Parallel()
	const waiting = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: $(workload.metadata.name)$ }"
	for name, tc := range map[string]struct {
		body, rule     string
		flags          []string
		code           int
		stdout, stderr string
	}{
		"ready": {
			body:   waiting,
			stdout: `^workload.carto.run/new created\n$`, stderr: `new +True +True +Ready`,
		},
		"ready, as YAML": {
			body: waiting, flags: []string{"-o", "yaml"},
			stdout: `(?s)^apiVersion: carto.run/v1alpha1\n.*status: "True"\n +type: Ready`, stderr: `new +True +True +Ready`,
		},
		"fails": {
			body: "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: Not_A_Name }", code: 1,
			stdout: `^workload.carto.run/new created\n$`, stderr: `TemplateRejectedByAPIServer`,
		},
		"never ready": {
			body: waiting, rule: "healthRule: { singleConditionType: Ready }", code: 1, flags: []string{"--wait-timeout", "3s"},
			stdout: `^workload.carto.run/new created\n$`, stderr: `not ready after 3s`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := sharedWorld(t).tenant(t)
			n.apply(replace(withBody(tc.body), "  template:", "  "+tc.rule+"\n  template:"))
			args := append([]string{"workload", "create", "new", "--label", "shape=" + n.ns, "--wait", "--yes", "-n", n.ns, "--kubeconfig", n.cp.Kubeconfig}, tc.flags...)
			cmd := exec.Command(filepath.Join("..", "..", "..", "bin", "kubectl-carto"), args...)
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			_ = cmd.Run() // the exit code says how it ended
			if code := cmd.ProcessState.ExitCode(); code != tc.code {
				t.Errorf("it ended with %d, want %d", code, tc.code)
			}
			if !regexp.MustCompile(tc.stdout).Match(stdout.Bytes()) {
				t.Errorf("standard output is %q, want %s", stdout.String(), tc.stdout)
			}
			if !regexp.MustCompile(tc.stderr).Match(stderr.Bytes()) {
				t.Errorf("standard error is %q, want %s", stderr.String(), tc.stderr)
			}
		})
	}
}
