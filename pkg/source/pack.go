package source

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"time"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// written is the time of everything. It is the one of Cloud Native Buildpacks: zip cannot
// say an earlier one, and tools that pack a source into a jar would fail.
var written = time.Date(1980, 1, 1, 0, 0, 1, 0, time.UTC)

// Image is a packed source, not pushed yet.
type Image struct {
	// Digest of the manifest.
	Digest digest.Digest
	// Files and Bytes count what was packed.
	Files int
	Bytes int64

	manifest, config []byte
	manifestDesc     ocispec.Descriptor
	configDesc       ocispec.Descriptor
	layerDesc        ocispec.Descriptor
	layer            *os.File
}

// Close removes the packed layer from disk.
func (i *Image) Close() error {
	if i.layer == nil {
		return nil
	}
	return errors.Join(i.layer.Close(), os.Remove(i.layer.Name()))
}

// Pack packs a folder, zip, jar or war into a temporary file.
func Pack(ctx context.Context, path string) (*Image, error) {
	found, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot pack the source: %w", err)
	}
	layer, err := os.CreateTemp("", "carto-source-*.tar.gz")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot pack the source: %w", err), found.close())
	}
	image := &Image{layer: layer, Files: len(found.all), Bytes: found.bytes}
	err = errors.Join(image.pack(ctx, found), found.close())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot pack the source: %w", err), image.Close())
	}
	return image, nil
}

func (i *Image) pack(ctx context.Context, found *files) error {
	compressed, plain := &summed{sha256.New(), 0}, &summed{sha256.New(), 0}
	zipped := gzip.NewWriter(io.MultiWriter(i.layer, compressed))
	if err := writeTar(ctx, io.MultiWriter(zipped, plain), found); err != nil {
		return err
	}
	if err := zipped.Close(); err != nil {
		return err
	}
	i.layerDesc = ocispec.Descriptor{MediaType: ocispec.MediaTypeImageLayerGzip, Digest: compressed.digest(), Size: compressed.size}
	return i.describe(plain.digest())
}

// describe makes the config and the manifest.
func (i *Image) describe(layer digest.Digest) error {
	created := written
	var err error
	// The platform is required, and means nothing for files that nobody runs.
	i.config, err = json.Marshal(ocispec.Image{
		Created:  &created,
		Platform: ocispec.Platform{Architecture: "amd64", OS: "linux"},
		RootFS:   ocispec.RootFS{Type: "layers", DiffIDs: []digest.Digest{layer}},
	})
	if err != nil {
		return err
	}
	i.configDesc = descriptor(ocispec.MediaTypeImageConfig, i.config)
	i.manifest, err = json.Marshal(ocispec.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2},
		MediaType: ocispec.MediaTypeImageManifest,
		Config:    i.configDesc,
		Layers:    []ocispec.Descriptor{i.layerDesc},
	})
	i.manifestDesc = descriptor(ocispec.MediaTypeImageManifest, i.manifest)
	i.Digest = i.manifestDesc.Digest
	return err
}

func descriptor(mediaType string, data []byte) ocispec.Descriptor {
	return ocispec.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(data), Size: int64(len(data))}
}

func writeTar(ctx context.Context, w io.Writer, found *files) error {
	out := tar.NewWriter(w)
	for _, f := range found.all {
		if err := ctx.Err(); err != nil {
			return err
		}
		header := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Size: f.size, Mode: 0o644, ModTime: written}
		switch {
		case f.dir:
			header.Typeflag, header.Name, header.Mode = tar.TypeDir, f.name+"/", 0o755
		case f.executable:
			header.Mode = 0o755
		}
		if err := out.WriteHeader(header); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if f.dir {
			continue
		}
		if err := copyFile(ctx, out, f); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return out.Close()
}

// copyFile copies as many bytes as the entry said, neither more nor less.
func copyFile(ctx context.Context, w io.Writer, f file) (err error) {
	r, err := f.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	n, err := io.Copy(w, io.LimitReader(withContext{ctx, r}, f.size))
	if err != nil {
		return err
	}
	// The end is also where an archive checks its sums.
	more, err := io.ReadFull(r, make([]byte, 1))
	if n != f.size || more > 0 {
		return fmt.Errorf("it changed while it was read, or does not have the size that it says")
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// withContext lets Ctrl-C end the copy of a large file.
type withContext struct {
	ctx context.Context
	r   io.Reader
}

func (c withContext) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// summed is the digest and the size of what is written.
type summed struct {
	hash.Hash
	size int64
}

func (s *summed) Write(p []byte) (int, error) {
	s.size += int64(len(p))
	return s.Hash.Write(p)
}

func (s *summed) digest() digest.Digest { return digest.NewDigest(digest.SHA256, s.Hash) }
