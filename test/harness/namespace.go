package harness

import (
	"context"
	"crypto/rand"
	"regexp"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// Namespace makes a namespace for one test, ready for pods, and has it deleted at the test's end (without waiting for that).
// Its name tells which test it is of.
func Namespace(t testing.TB, cp *ControlPlane) string {
	t.Helper()
	client, err := kubernetes.NewForConfig(cp.Config)
	if err != nil {
		t.Fatalf("make a client: %v", err)
	}
	ctx := context.Background()
	name := namespaceName(t.Name())
	object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if _, err := client.CoreV1().Namespaces().Create(ctx, object, metav1.CreateOptions{}); err != nil {
		t.Fatalf("make namespace %s: %v", name, err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := client.CoreV1().Namespaces().Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
			t.Logf("delete namespace %s: %v", name, err)
		}
	})
	Eventually(t, 30*time.Second, func() error {
		_, err := client.CoreV1().ServiceAccounts(name).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
	return name
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// namespaceName makes a unique name of at most 63 characters out of a test's.
func namespaceName(test string) string {
	name := notInNames.ReplaceAllString(strings.ToLower(test), "-")
	name = strings.Trim(name[:min(len(name), 50)], "-")
	return name + "-" + strings.ToLower(rand.Text()[:8])
}
