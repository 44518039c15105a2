package collect

import (
	"errors"
	"net/url"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// Passing tells a fault on the way to the API server, of its overload or of its store,
// which may be gone at the next try, from an answer that no repetition changes.
func Passing(err error) bool {
	var way *url.Error
	switch {
	// A connection that is lost while the answer is read is no url.Error.
	case errors.As(err, &way), utilnet.IsProbableEOF(err), utilnet.IsConnectionReset(err), utilnet.IsHTTP2ConnectionLost(err):
		return true
	}
	return apierrors.IsInternalError(err) || apierrors.IsServiceUnavailable(err) || apierrors.IsTooManyRequests(err) ||
		apierrors.IsServerTimeout(err) || apierrors.IsTimeout(err)
}
