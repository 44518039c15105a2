// Command app is what the containers of the node's tests run: a test that passes or fails, a server, or nothing.
package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	var err error
	switch args := append(os.Args[1:], "", ""); args[0] {
	case "test":
		err = test(args[1])
	case "serve":
		err = serve(ctx, args[1])
	default: // hold a pod's namespaces
		<-ctx.Done()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// test works for a moment, and fails for a revision called broken.
func test(revision string) error {
	fmt.Println("testing", revision)
	sum := sha256.Sum256([]byte(revision))
	for range 100_000 {
		sum = sha256.Sum256(sum[:])
	}
	if revision == "broken" {
		return fmt.Errorf("%s does not work", revision)
	}
	fmt.Printf("passed: %s is %x\n", revision, sum[:4])
	return nil
}

// serve tells which revision runs.
func serve(ctx context.Context, revision string) error {
	fmt.Println("serving", revision)
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, revision) })
	server := &http.Server{Addr: ":8000", Handler: mux, ReadHeaderTimeout: time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.ListenAndServe(); ctx.Err() == nil {
		return err
	}
	return nil
}
