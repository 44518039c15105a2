// Command image packs the agent into a container image without a container engine: one
// layer with one file, and a configuration. The same program gives the same bytes, so that
// an image can be checked by building it again.
//
// It writes an archive as `docker save` does, which docker, podman, containerd (`ctr images
// import`), skopeo and crane read. An archive in the layout of OCI would be read by fewer.
package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("image", flag.ContinueOnError)
	program := flags.String("program", "bin/agent", "static `file` to run, for Linux")
	architecture := flags.String("arch", "amd64", "what the program was compiled for")
	tag := flags.String("tag", "", "`reference` of the image")
	version := flags.String("version", "", "version of the program, for the image's labels")
	commit := flags.String("commit", "", "commit of the program, for the image's labels")
	file := flags.String("o", "", "`file` to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *file == "" || *tag == "" || flags.NArg() > 0 {
		return errors.New("-o and -tag are needed, and no arguments")
	}
	reference, err := name.NewTag(*tag)
	if err != nil {
		return fmt.Errorf("-tag: %w", err)
	}
	text, err := os.ReadFile(*program)
	if err != nil {
		return fmt.Errorf("read the program: %w", err)
	}
	image, err := pack(text, *architecture, labels(*version, *commit))
	if err != nil {
		return fmt.Errorf("pack %s: %w", *program, err)
	}
	if err := tarball.WriteToFile(*file, reference, image); err != nil {
		return fmt.Errorf("write %s: %w", *file, err)
	}
	digest, err := image.Digest()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s: %s %s\n", *file, reference, digest)
	return err
}

func labels(version, commit string) map[string]string {
	all := map[string]string{
		"org.opencontainers.image.title":    "carto-agent",
		"org.opencontainers.image.source":   "https://github.com/carto-run/carto",
		"org.opencontainers.image.licenses": "Apache-2.0",
	}
	if version != "" {
		all["org.opencontainers.image.version"] = version
	}
	if commit != "" {
		all["org.opencontainers.image.revision"] = commit
	}
	return all
}

// What the Dockerfile says too; a test compares them.
const (
	path = "/agent"
	user = "65532:65532"
)

func pack(program []byte, architecture string, labels map[string]string) (v1.Image, error) {
	archive := &bytes.Buffer{}
	w := tar.NewWriter(archive)
	// No times and no names of users: they would differ from machine to machine.
	header := &tar.Header{Typeflag: tar.TypeReg, Name: path[1:], Mode: 0o755, Size: int64(len(program)), Format: tar.FormatUSTAR}
	if err := w.WriteHeader(header); err != nil {
		return nil, err
	}
	if _, err := w.Write(program); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive.Bytes())), nil })
	if err != nil {
		return nil, err
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return nil, err
	}
	return mutate.ConfigFile(image, &v1.ConfigFile{
		OS: "linux", Architecture: architecture,
		Created: v1.Time{Time: time.Unix(0, 0).UTC()},
		Config:  v1.Config{User: user, Entrypoint: []string{path}, Labels: labels},
		RootFS:  rootFS(image),
		History: []v1.History{{CreatedBy: "hack/image", Created: v1.Time{Time: time.Unix(0, 0).UTC()}}},
	})
}

// rootFS names the layers; replacing a configuration would lose them.
func rootFS(image v1.Image) v1.RootFS {
	config, err := image.ConfigFile()
	if err != nil {
		return v1.RootFS{}
	}
	return config.RootFS
}
