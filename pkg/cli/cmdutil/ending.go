package cmdutil

import (
	"context"
	"io"
	"net/http"

	"k8s.io/client-go/rest"
)

// EndWith lets every request end with ctx, those of discovery too: client-go sends them
// without a context of ours, so that Ctrl-C would have to wait until the server answers.
func (f *Factory) EndWith(ctx context.Context) {
	before := f.Config.WrapConfigFn
	f.Config.WrapConfigFn = func(c *rest.Config) *rest.Config {
		c = before(c)
		c.Wrap(func(next http.RoundTripper) http.RoundTripper { return ending(ctx, next) })
		return c
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (r roundTrip) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// ending gives each request a context that ends with ctx as well as with its own.
func ending(ctx context.Context, next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(request *http.Request) (*http.Response, error) {
		both, cancel := context.WithCancel(request.Context())
		stop := context.AfterFunc(ctx, cancel)
		release := func() { stop(); cancel() }
		response, err := next.RoundTrip(request.WithContext(both))
		if err != nil {
			release()
			return nil, err
		}
		response.Body = &endingBody{response.Body, release} // logs and watches are read for long
		return response, nil
	})
}

type endingBody struct {
	io.ReadCloser
	release func()
}

func (b *endingBody) Close() error {
	defer b.release()
	return b.ReadCloser.Close()
}
