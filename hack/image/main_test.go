package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// TestImage packs a program twice: the bytes are the same, and what a container runtime reads is as the Deployment needs it.
func TestImage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := filepath.Join(dir, "agent")
	if err := os.WriteFile(program, []byte("not really a program"), 0o600); err != nil {
		t.Fatal(err)
	}
	var archives [2][]byte
	for i := range archives {
		file := filepath.Join(dir, "image.tar")
		out := &bytes.Buffer{}
		if err := run([]string{"-program", program, "-tag", "registry.example/carto-agent:v1", "-version", "v1", "-arch", "arm64", "-o", file}, out); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "registry.example/carto-agent:v1 sha256:") {
			t.Errorf("it says %q", out)
		}
		var err error
		if archives[i], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(archives[0], archives[1]) {
		t.Error("the same program gives different archives")
	}
	image, err := tarball.Image(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archives[0])), nil }, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(image); err != nil {
		t.Error(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.Architecture != "arm64" || config.Config.User != user || config.Config.Labels["org.opencontainers.image.version"] != "v1" {
		t.Errorf("configuration %+v", config.Config)
	}
	layers, err := image.Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("%d layers, %v", len(layers), err)
	}
	content, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	files := tar.NewReader(content)
	header, err := files.Next()
	if err != nil || "/"+header.Name != config.Config.Entrypoint[0] || header.Mode != 0o755 {
		t.Errorf("file %+v, %v", header, err)
	}
	if _, err := files.Next(); !errors.Is(err, io.EOF) {
		t.Error("there is more than the program: no shell, no library, no file of another program")
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"", "-o x", "-o x -tag A B", "-o x -tag a:b -program nothere", "-nonsense"} {
		if err := run(strings.Fields(args), io.Discard); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}

// TestDockerfile: who builds with a container engine gets the same.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"FROM scratch", "USER " + user, `ENTRYPOINT ["` + path + `"]`} {
		if !strings.Contains(string(text), "\n"+line+"\n") {
			t.Errorf("the Dockerfile has no line %s", line)
		}
	}
}
