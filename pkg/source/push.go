package source

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"
	"oras.land/oras-go/v2/registry/remote/errcode"
	"oras.land/oras-go/v2/registry/remote/retry"
)

// Access says how to talk to the registry.
type Access struct {
	// CACerts are files with certificates in PEM, in addition to those of the system.
	CACerts []string
	// Username and Password, or Token; else the docker configuration is asked.
	Username, Password, Token string
}

// Progress is called while the layer is sent, with bytes.
type Progress func(done, total int64)

// Push sends an image, layer first, manifest last, so that an interrupted push leaves
// nothing that could be fetched by tag. It returns false when the place holds this image
// already and nothing was sent.
func Push(ctx context.Context, image *Image, place Place, access Access, progress Progress) (sent bool, err error) {
	repository, err := connect(place, access)
	if err != nil {
		return false, err
	}
	there, err := repository.Resolve(ctx, place.ref.Reference)
	switch {
	case err == nil && there.Digest == image.Digest:
		return false, nil
	case err != nil && !errors.Is(err, errdef.ErrNotFound):
		return false, place.explain(err)
	}
	layer := newCounted(image.layer, image.layerDesc.Size, progress)
	for _, blob := range []struct {
		desc    ocispec.Descriptor
		content io.Reader
	}{{image.layerDesc, layer}, {image.configDesc, bytes.NewReader(image.config)}} {
		if has, err := repository.Exists(ctx, blob.desc); err != nil {
			return false, place.explain(err)
		} else if has {
			continue
		}
		if err := repository.Push(ctx, blob.desc, blob.content); err != nil {
			return false, place.explain(err)
		}
	}
	if err := repository.PushReference(ctx, image.manifestDesc, bytes.NewReader(image.manifest), place.ref.Reference); err != nil {
		return false, place.explain(err)
	}
	return true, nil
}

func connect(place Place, access Access) (*remote.Repository, error) {
	transport, err := transportOf(access.CACerts)
	if err != nil {
		return nil, err
	}
	client := &auth.Client{Client: &http.Client{Transport: repeatable{retry.NewTransport(transport)}}, Cache: auth.NewCache()}
	client.SetUserAgent("kubectl-carto")
	switch {
	case access.Token != "":
		client.Credential = auth.StaticCredential(place.ref.Host(), auth.Credential{AccessToken: access.Token})
	case access.Username != "":
		client.Credential = auth.StaticCredential(place.ref.Host(), auth.Credential{Username: access.Username, Password: access.Password})
	default:
		store, err := credentials.NewStoreFromDocker(credentials.StoreOptions{})
		if err != nil {
			return nil, fmt.Errorf("cannot read the docker configuration: %w", err)
		}
		client.Credential = credentials.Credential(store)
	}
	repository := &remote.Repository{Client: client, Reference: place.ref}
	// A certificate that was given for it says that it speaks TLS.
	repository.PlainHTTP = place.loopback() && len(access.CACerts) == 0
	return repository, nil
}

func transportOf(certificates []string) (*http.Transport, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = time.Minute // a registry hashes what it got
	if len(certificates) == 0 {
		return transport, nil
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	for _, name := range certificates {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("cannot read the certificate of the registry: %w", err)
		}
		if !roots.AppendCertsFromPEM(data) {
			return nil, fmt.Errorf("%s holds no certificate in PEM", name)
		}
	}
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return transport, nil
}

// explain says what was attempted, and what to do about a refusal.
func (p Place) explain(err error) error {
	var response *errcode.ErrorResponse
	if errors.As(err, &response) {
		switch response.StatusCode {
		case http.StatusUnauthorized, http.StatusForbidden:
			return fmt.Errorf("cannot push the source to %s: the registry refuses; give --registry-username and --registry-password or --registry-token, or log in by docker: %w", p.ref, err)
		}
	}
	if errors.Is(err, auth.ErrBasicCredentialNotFound) {
		return fmt.Errorf("cannot push the source to %s: the registry wants a user; give --registry-username and --registry-password, or log in by docker: %w", p.ref, err)
	}
	return fmt.Errorf("cannot push the source to %s: %w", p.ref, err)
}

// counted is the body of the request with the layer, and tells how much was read.
type counted struct {
	layer       io.ReaderAt
	r           io.Reader
	done, total int64
	progress    Progress
}

func newCounted(layer io.ReaderAt, total int64, progress Progress) *counted {
	return &counted{layer: layer, r: io.NewSectionReader(layer, 0, total), total: total, progress: progress}
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if c.done += int64(n); c.progress != nil && n > 0 {
		c.progress(c.done, c.total)
	}
	return n, err
}

// Close leaves the layer open: it is the image's.
func (c *counted) Close() error { return nil }

// repeatable says how to begin the layer anew. Else a registry that is overloaded for a
// moment would end the push: net/http can repeat only the bodies that it knows.
type repeatable struct{ http.RoundTripper }

func (t repeatable) RoundTrip(request *http.Request) (*http.Response, error) {
	if c, ok := request.Body.(*counted); ok && request.GetBody == nil {
		request = request.Clone(request.Context())
		request.GetBody = func() (io.ReadCloser, error) { return newCounted(c.layer, c.total, c.progress), nil }
	}
	return t.RoundTripper.RoundTrip(request)
}
