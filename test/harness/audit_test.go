package harness

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

func TestCountsRequests(t *testing.T) {
	cp := Shared(t)
	namespace := Namespace(t, cp)
	ctx := context.Background()
	mark, err := cp.Mark(ctx)
	if err != nil {
		t.Fatal(err)
	}

	config := rest.CopyConfig(cp.Config)
	config.UserAgent = "counted/1.0"
	config.Impersonate.UserName = "someone"
	config.Impersonate.Groups = []string{"system:masters"}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	maps := client.CoreV1().ConfigMaps(namespace)
	for _, name := range []string{"a", "b", "c"} {
		object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}
		if _, err := maps.Create(ctx, object, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	open, err := maps.Watch(ctx, metav1.ListOptions{}) // stays open while it is counted
	if err != nil {
		t.Fatal(err)
	}
	defer open.Stop()
	closed, err := maps.Watch(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	closed.Stop()

	for _, c := range []struct {
		reason string
		filter Filter
		want   int
	}{
		{"all of the agent", Filter{UserAgent: "counted/"}, 5},
		{"its writes", Filter{UserAgent: "counted/", Verbs: Writes}, 3},
		{"watches count once, open or not", Filter{UserAgent: "counted/", Verbs: []string{"watch"}}, 2},
		{"by name", Filter{UserAgent: "counted/", Resource: "configmaps", Namespace: namespace, Name: "b"}, 1},
		{"by both users", Filter{User: "admin", ImpersonatedUser: "someone", Since: mark}, 5},
		{"another resource", Filter{UserAgent: "counted/", Resource: "configmaps/status"}, 0},
		{"by code", Filter{UserAgent: "counted/", Match: func(r Request) bool { return r.Code == 201 }}, 3},
	} {
		have, err := cp.CountRequests(ctx, c.filter)
		if err != nil {
			t.Fatal(err)
		}
		if have != c.want {
			t.Errorf("%s: %d requests, want %d", c.reason, have, c.want)
		}
	}

	mark, err = cp.Mark(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := cp.CountRequests(ctx, Filter{UserAgent: "counted/", Since: mark}); err != nil || n != 0 {
		t.Errorf("%d requests (%v) after the mark, want none", n, err)
	}
}
