package cli

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
)

// podOfCart has no owner that a tree could show, only labels.
const podOfCart = `
apiVersion: v1
kind: Pod
metadata: {name: cart-build-1, namespace: shop, uid: p1, labels: {carto.run/workload-name: cart, carto.run/resource-name: build}}
status:
  initContainerStatuses: [{name: prepare, state: {terminated: {exitCode: 0}}}]
  containerStatuses: [{name: compile, state: {running: {}}}]
`

// TestTail runs tail against an API server that knows nothing but logs.
func TestTail(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/namespaces/shop/pods/cart-build-1/log" || r.URL.Query().Get("timestamps") != "true" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		c := r.URL.Query().Get("container")
		_, _ = fmt.Fprintf(w, "2026-01-01T00:59:58.000000001Z %[1]s begins\n2026-01-01T00:59:59.5Z <%[1]s> \x1b[1mends\x1b[0m\n", c)
	}))
	t.Cleanup(server.Close)
	for name, args := range map[string]string{
		"tail":      "workload tail cart --follow=false",
		"tail-time": "workload tail cart --follow=false -t --container compile",
		"tail-json": "workload tail cart --follow=false -o json",
		"tail-none": "workload tail cart --previous",
	} {
		for _, tty := range []bool{false, true} {
			file := name + ".golden"
			if tty {
				file = name + ".tty.golden"
			}
			t.Run(file, func(t *testing.T) {
				t.Parallel()
				f, out, errOut := newFactory(t, tty, append(objects(t), decode(t, podOfCart))...)
				serveLogs(f, server.URL)
				if code := Run(t.Context(), f, strings.Fields(args)); code != ExitOK {
					t.Errorf("exit code %d", code)
				}
				golden(t, file, fmt.Sprintf("%s-- stderr --\n%s", out, errOut))
			})
		}
	}
}

func serveLogs(f *cmdutil.Factory, url string) {
	f.RESTConfig = func() (*rest.Config, error) { return &rest.Config{Host: url}, nil }
}

func decode(t *testing.T, text string) runtime.Object {
	t.Helper()
	obj := &unstructured.Unstructured{}
	raw, err := yaml.YAMLToJSON([]byte(text))
	if err == nil {
		err = obj.UnmarshalJSON(raw)
	}
	if err != nil {
		t.Fatal(err)
	}
	return obj
}
