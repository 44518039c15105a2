package collect

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"syscall"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestPassing(t *testing.T) {
	t.Parallel()
	pods := schema.GroupResource{Resource: "pods"}
	for _, tc := range []struct {
		reason string
		err    error
		want   bool
	}{
		{"nothing is wrong", nil, false},
		{"no connection", &url.Error{Op: "Get", URL: "https://api.example", Err: syscall.ECONNREFUSED}, true},
		{"the connection is lost within an answer", io.ErrUnexpectedEOF, true},
		{"the connection is reset within an answer", syscall.ECONNRESET, true},
		{"the store of the API server is away", apierrors.NewInternalError(errors.New("no leader")), true},
		{"an API server that starts", apierrors.NewServiceUnavailable("starting"), true},
		{"too many requests", apierrors.NewTooManyRequests("later", 1), true},
		{"the API server gave up", apierrors.NewServerTimeout(pods, "list", 1), true},
		{"a gateway between", apierrors.NewGenericServerResponse(http.StatusBadGateway, "list", pods, "", "", 0, true), true},
		{"with words around", fmt.Errorf("cannot list: %w", apierrors.NewTimeoutError("slow", 1)), true},
		{"no permission", apierrors.NewForbidden(pods, "", errors.New("no")), false},
		{"no credentials", apierrors.NewUnauthorized("no"), false},
		{"not there", apierrors.NewNotFound(pods, "a"), false},
		{"a list or watch from a place that is forgotten", apierrors.NewResourceExpired("too old"), false},
		{"not as its type says", errors.New("cannot convert int64 to string"), false},
	} {
		if got := Passing(tc.err); got != tc.want {
			t.Errorf("%s: %v: got %v", tc.reason, tc.err, got)
		}
	}
}
