//go:build linux

package node

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/carto-run/carto/test/harness"
	"github.com/carto-run/carto/test/machine"
)

// The versions that an upgrade is from and to. Both are built from these sources, unless the variable names a folder with those of
// the older one.
const (
	before   = "v0.1.0"
	after    = "v0.2.0"
	previous = "CARTO_PREVIOUS"
)

const (
	namespace = "carto-system"
	appImage  = "registry.example/app:v1"
	patience  = 2 * time.Minute
)

// Both images come from a registry of the user's own; the plugin has to find the newer one by where the older one is.
const (
	oldImage = "registry.example/carto-agent:" + before
	newImage = "registry.example/carto-agent:" + after
)

// world is a cluster of one real node.
type world struct {
	root   string // the repository
	dir    string
	cp     *harness.ControlPlane
	node   *harness.Node
	client kubernetes.Interface
	any    dynamic.Interface
	// plugin is the version of kubectl-carto that is on PATH.
	plugin string
}

// build makes the images and the plugins, without a container engine.
func (w *world) build(t *testing.T) {
	app := filepath.Join(w.dir, "app")
	w.command(t, w.root, "go", "build", "-trimpath", "-o", app, "./test/e2e/node/app")
	w.command(t, w.root, "go", "run", "./hack/image", "-program", app, "-tag", appImage, "-o", w.archive("app"))
	for _, version := range []string{before, after} {
		sources, dir := w.root, filepath.Join(w.dir, version)
		image := newImage
		if version == before {
			image, sources = oldImage, cmp.Or(os.Getenv(previous), sources)
		}
		args := []string{"-f", filepath.Join(w.root, "Makefile"), "VERSION=" + version, "DIST=" + dir, "BIN=" + dir, "IMAGE=" + image, "image", "plugin"}
		w.command(t, sources, "make", args...)
	}
}

// archive is the file of an image.
func (w *world) archive(name string) string { return filepath.Join(w.dir, name+".tar") }

// command runs a program of the build in a folder with sources.
func (w *world) command(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOPROXY=off", "CGO_ENABLED=0")
	t.Logf("$ %s %s", name, strings.Join(args, " "))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
}

// start starts the control plane and the node, and gives it the images.
func (w *world) start(t *testing.T) {
	dir := filepath.Join(w.dir, "node")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	options := harness.NodeOptions{
		Name: "node", Address: machine.Address, Dir: dir, Cgroup: machine.Cgroup(), Sandbox: appImage,
	}
	planned, err := options.ControlPlaneOptions()
	if err != nil {
		t.Fatal(err)
	}
	if w.cp, err = harness.Start(t.Context(), planned); err != nil {
		t.Fatal(err)
	}
	if w.node, err = w.cp.StartNode(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	if w.client, err = kubernetes.NewForConfig(w.cp.Config); err != nil {
		t.Fatal(err)
	}
	if w.any, err = dynamic.NewForConfig(w.cp.Config); err != nil {
		t.Fatal(err)
	}
	archives := []string{w.archive("app")}
	for _, version := range []string{before, after} {
		found, err := filepath.Glob(filepath.Join(w.dir, version, "*.tar"))
		if err != nil || len(found) != 1 {
			t.Fatalf("make image has left %v (%v), want one archive", found, err)
		}
		archives = append(archives, found...)
	}
	for _, archive := range archives {
		if err := w.node.Import(t.Context(), archive); err != nil {
			t.Fatal(err)
		}
	}
}

// stop ends what start started; the machine ends the rest.
func (w *world) stop() error {
	var err error
	if w.node != nil {
		err = w.node.Stop()
	}
	if w.cp != nil {
		err = errors.Join(err, w.cp.Stop())
	}
	return err
}

// kubectl runs kubectl, which finds the plugin, and returns what it says on both streams. It has to succeed.
func (w *world) kubectl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := w.tryKubectl(t.Context(), args...)
	t.Logf("$ kubectl %s\n%s", strings.Join(args, " "), out)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (w *world) tryKubectl(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, "kubectl", args...) //nolint:gosec // the tests' own arguments
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Env = append(os.Environ(), "KUBECONFIG="+w.cp.Kubeconfig, "HOME="+w.dir, "LANG=C.UTF-8",
		"PATH="+filepath.Join(w.dir, w.plugin)+string(os.PathListSeparator)+os.Getenv("PATH"))
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("kubectl %s: %w", strings.Join(args, " "), err)
	}
	return out.String(), nil
}

// explain shows what a reader of a failure wants to know, while it is still there.
func (w *world) explain(t *testing.T) {
	if w.node == nil {
		return
	}
	ctx := context.Background()
	for _, args := range [][]string{
		{"get", "pods", "-A", "-o", "wide"},
		{"get", "events", "-A", "--sort-by=.lastTimestamp"},
		{"logs", "-n", namespace, "-l", "app.kubernetes.io/name=carto-agent", "--prefix", "--tail=30"},
		{"get", "workloads.carto.run", "-A", "-o", "yaml"},
	} {
		out, err := w.tryKubectl(ctx, args...)
		t.Logf("$ kubectl %s\n%s(%v)", strings.Join(args, " "), out, err)
	}
	t.Log("the kubelet's and containerd's last words:\n" + w.node.LastWords())
}
