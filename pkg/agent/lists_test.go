package agent

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/rest/fake"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// pageOf is an answer with ConfigMaps.
func pageOf(version, next string, names ...string) string {
	var items []string
	for _, name := range names {
		items = append(items, fmt.Sprintf(`{"metadata":{"name":%q}}`, name))
	}
	return fmt.Sprintf(`{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":%q,"continue":%q},"items":[%s]}`, version, next, strings.Join(items, ","))
}

// answers of an API server to the requests of lists, one after the other. An answer that is a number is the status.
type answers struct {
	texts []string
	asked []string
}

func (a *answers) lister(t *testing.T) *lister {
	client := &fake.RESTClient{NegotiatedSerializer: storedCodec, Client: fake.CreateHTTPClient(func(r *http.Request) (*http.Response, error) {
		if len(a.asked) == len(a.texts) {
			t.Fatalf("asked once more, for %q", r.URL.RawQuery)
		}
		text, code := a.texts[len(a.asked)], http.StatusOK
		a.asked = append(a.asked, r.URL.RawQuery)
		switch text {
		case "410":
			text, code = `{"apiVersion":"v1","kind":"Status","status":"Failure","code":410,"reason":"Expired","message":"too old"}`, http.StatusGone
		case "504":
			text, code = `{"apiVersion":"v1","kind":"Status","status":"Failure","code":504,"reason":"Timeout","message":"too long"}`, http.StatusGatewayTimeout
		case "silence":
			return nil, errSilent
		}
		return &http.Response{StatusCode: code, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(text))}, nil
	})}
	what := listing{
		example: &stored{},
		get: func(options metav1.ListOptions) *rest.Request {
			return client.Get().AbsPath("api", "v1", "configmaps").SpecificallyVersionedParams(&options, metav1.ParameterCodec, metav1.SchemeGroupVersion)
		},
		sift: func() func(runtime.Object) runtime.Object { return whole },
	}
	return &lister{reader: reader{client: client, codec: storedCodec, pageSize: pageSize}, listing: what, limit: pageSize, long: longAnswer}
}

// TestLister: a list is asked for page by page, and is complete or an error.
func TestLister(t *testing.T) {
	for name, c := range map[string]struct {
		answers     []string
		want, fails string
	}{
		"one page":              {answers: []string{pageOf("5", "", "a", "b")}, want: "a b at 5"},
		"two pages":             {answers: []string{pageOf("5", "more", "a"), pageOf("5", "", "b")}, want: "a b at 5"},
		"pages that differ":     {answers: []string{pageOf("5", "more", "a"), pageOf("6", "", "b")}, want: "a b at 5"}, // the watch begins where nothing is missed
		"nothing":               {answers: []string{pageOf("7", "")}, want: " at 7"},
		"old page":              {answers: []string{pageOf("5", "more", "a"), "410", pageOf("6", "", "b")}, want: "b at 6"},
		"pages always old":      {answers: slices.Repeat([]string{pageOf("5", "more", "a"), "410"}, 4), fails: "too old"},
		"old at once":           {answers: []string{"410"}, fails: "too old"},
		"cut page":              {answers: []string{pageOf("5", "more", "a"), strings.TrimSuffix(pageOf("5", "", "b"), "}]}")}, fails: "unexpected EOF"},
		"wrong page":            {answers: []string{pageOf("5", "more", "a"), `{"message":"away"}`}, fails: "it is no list of objects"},
		"item without metadata": {answers: []string{`{"kind":"XList","metadata":{"resourceVersion":"5"},"items":[{"a":1}]}`}, fails: "it has no metadata"},
	} {
		t.Run(name, func(t *testing.T) {
			server := &answers{texts: c.answers}
			list, err := server.lister(t).list(t.Context())
			if len(server.asked) != len(c.answers) || len(server.asked) > 1 && server.asked[1] != "continue=more&limit=50000" {
				t.Errorf("asked for %q", server.asked)
			}
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) || list != nil {
					t.Errorf("%+v, %v; want an error with %q", list, err, c.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, item := range list.Items {
				names = append(names, item.(*stored).Name)
			}
			if got := strings.Join(names, " ") + " at " + list.ResourceVersion; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestListerOfAnotherKind: an answer with objects of another type is an error; of the events of a watch client-go sees to that.
func TestListerOfAnotherKind(t *testing.T) {
	server := &answers{texts: []string{pageOf("5", "", "a")}}
	l := server.lister(t)
	l.codec, l.example = clusterCodec, &definition{}
	if _, err := l.list(t.Context()); err == nil || !strings.Contains(err.Error(), "it is a *agent.identity, not a *agent.definition") {
		t.Error(err)
	}
}

// TestPageSizes: after answers that were too long less is asked for at once, until a list is complete; more, when the pages take
// longer than the state of the first is kept; and what has nothing to do with the size changes nothing.
func TestPageSizes(t *testing.T) {
	const always, never = 0, time.Hour
	broken := strings.TrimSuffix(pageOf("5", "", "a"), "}]}")
	for name, c := range map[string]struct {
		answers []string
		long    time.Duration
		want    string
	}{
		"broken off late":    {[]string{broken, broken, broken, pageOf("5", ""), pageOf("5", "")}, always, "50000 5000 500 500 50000"},
		"broken off at once": {[]string{broken, broken}, never, "50000 50000"},
		"not begun in time":  {[]string{"504", pageOf("5", "")}, never, "50000 5000"},
		"silent":             {[]string{"silence", pageOf("5", "")}, never, "50000 5000"},
		"old at once":        {[]string{"410", pageOf("5", "")}, never, "50000 50000"},
		"old after a while":  {[]string{"504", "504", pageOf("5", "more"), "410", pageOf("6", "more"), "410", pageOf("7", "")}, never, "50000 5000 500 500 5000 5000 50000"},
		"no JSON":            {[]string{"<html>", pageOf("5", "")}, never, "50000 50000"},
	} {
		t.Run(name, func(t *testing.T) {
			server := &answers{texts: c.answers}
			l := server.lister(t)
			for len(server.asked) < len(c.answers) {
				l.long = c.long
				_, _ = l.list(t.Context()) // whether it fails is tested above
			}
			var limits []string
			for _, asked := range server.asked {
				_, limit, _ := strings.Cut(asked, "limit=")
				limits = append(limits, limit)
			}
			if got := strings.Join(limits, " "); got != c.want {
				t.Errorf("asked for %s, want %s", got, c.want)
			}
		})
	}
	t.Run("called off", func(t *testing.T) {
		server := &answers{texts: []string{"silence"}}
		l := server.lister(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := l.list(ctx); err == nil || l.limit != pageSize {
			t.Errorf("%v, and the next page has %d objects", err, l.limit)
		}
	})
}

// TestListGivenUp: a list that breaks off leaves nothing in the books of large objects, which count what is in the cache.
func TestListGivenUp(t *testing.T) {
	h := newHoldings()
	w := &kindWatch{key: watchKey{selector: v1alpha1.LabelResourceName}}
	sift := h.sift(w)
	large := mapWith(t, "large", strings.Repeat("x", largeObject), "carto.run Workload right")
	var whole int
	for range maxLarge/largeObject + 1 {
		if !sift(large).isStub() {
			whole++
		}
	}
	if want := maxLarge / large.size(); whole != want || len(h.large) > 0 {
		t.Errorf("%d large objects of a list are held whole, want %d; and %d are in the books, want none", whole, want, len(h.large))
	}
	if got := sift(mapWith(t, "forged", "x", "")); !got.isStub() {
		t.Error("nobody's object is held whole")
	}
}
