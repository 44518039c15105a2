package faultproxy

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Fault is what becomes of a request before it is sent on, of an answer, or of an event of a watch.
type Fault struct {
	// before is false when the request is not to be sent on.
	before func(w http.ResponseWriter, r *http.Request) bool
	answer func(response *http.Response) error
	// wants says whether an event is concerned. What event returns goes on to the client; an error ends the watch: io.EOF in
	// order, errStall never, any other as if the connection had broken.
	wants func(event []byte) bool
	event func(event []byte) ([]byte, error)
}

var (
	errReset = errors.New("the connection is to be reset")
	errStall = errors.New("the watch is to be silent")
)

// Status answers instead of the API server. Headers are pairs.
func Status(code int, reason string, headers ...string) Fault {
	return Fault{before: func(w http.ResponseWriter, _ *http.Request) bool {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = w.Write(status(code, reason)) // a client that hangs up is nobody's error
		return false
	}}
}

func status(code int, reason string) []byte {
	return fmt.Appendf(nil, `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"a fault on the way","reason":%q,"code":%d}`, reason, code)
}

// TooMany is what a busy API server says: 429, come again later.
func TooMany(seconds int) Fault {
	return Status(http.StatusTooManyRequests, "TooManyRequests", "Retry-After", fmt.Sprint(seconds))
}

// Slow holds a request back, then sends it on.
func Slow(wait time.Duration) Fault {
	return Fault{before: func(_ http.ResponseWriter, r *http.Request) bool {
		select {
		case <-time.After(wait):
			return true
		case <-r.Context().Done():
			return false // whoever has given up sends nothing
		}
	}}
}

// SlowAnswer holds the API server's answer back: what was asked for has been done.
func SlowAnswer(wait time.Duration) Fault {
	return Fault{answer: func(response *http.Response) error {
		select {
		case <-time.After(wait):
		case <-response.Request.Context().Done():
		}
		return nil
	}}
}

// NoAnswer never answers, with the connection open; the request was carried out.
func NoAnswer() Fault {
	return Fault{answer: func(response *http.Response) error {
		if _, err := bufferAnswer(response); err != nil {
			return err
		}
		<-response.Request.Context().Done()
		return errReset
	}}
}

// ResetBefore breaks the connection before the request reaches the API server. All that is under way on the connection breaks
// with it.
func ResetBefore() Fault {
	return Fault{before: func(_ http.ResponseWriter, r *http.Request) bool {
		reset(r)
		panic(http.ErrAbortHandler)
	}}
}

// LostAnswer breaks the connection after the API server has carried out the request: the client can not know.
func LostAnswer() Fault {
	return Fault{answer: func(response *http.Response) error {
		if _, err := bufferAnswer(response); err != nil {
			return err
		}
		reset(response.Request)
		return errReset
	}}
}

// reset closes the connection to the client without a farewell.
func reset(r *http.Request) {
	connection, _ := r.Context().Value(connectionKey{}).(net.Conn)
	if secure, ok := connection.(*tls.Conn); ok {
		connection = secure.NetConn()
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // what is not sent yet is dropped
	}
	if connection != nil {
		_ = connection.Close() // it may be broken already
	}
}

// CutAnswer breaks off in the middle of an answer's body.
func CutAnswer() Fault {
	return Fault{answer: func(response *http.Response) error {
		text, err := bufferAnswer(response)
		if err != nil {
			return err
		}
		replaceAnswer(response, nil)
		response.Body = io.NopCloser(io.MultiReader(bytes.NewReader(text[:len(text)/2]), broken{}))
		return nil
	}}
}

// broken is a body that can not be read on.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// ShortAnswer gives half of an answer's body, and ends as if that were all.
func ShortAnswer() Fault {
	return Fault{answer: func(response *http.Response) error {
		text, err := bufferAnswer(response)
		if err != nil {
			return err
		}
		replaceAnswer(response, text[:len(text)/2])
		return nil
	}}
}

// Garbage answers with what is not JSON; the request was carried out.
func Garbage() Fault { return other("<html>\x00{\"kind\":") }

// OtherJSON answers with JSON that the API server would not write; the request was carried out.
func OtherJSON() Fault { return other(`{"message":"down for maintenance","items":0}`) }

func other(answer string) Fault {
	return Fault{answer: func(response *http.Response) error {
		if _, err := bufferAnswer(response); err != nil {
			return err
		}
		response.Header.Del("Content-Encoding")
		replaceAnswer(response, []byte(answer))
		return nil
	}}
}

func anyEvent([]byte) bool { return true }

// CutWatch ends a watch instead of passing an event on, as if the connection had broken.
func CutWatch() Fault {
	return Fault{wants: anyEvent, event: func([]byte) ([]byte, error) { return nil, io.ErrUnexpectedEOF }}
}

// CutEvent does so in the middle of an event.
func CutEvent() Fault {
	return Fault{wants: anyEvent, event: func(event []byte) ([]byte, error) { return event[:len(event)/2], io.ErrUnexpectedEOF }}
}

// StallWatch swallows an event and all after it, with the connection open.
func StallWatch() Fault {
	return Fault{wants: anyEvent, event: func([]byte) ([]byte, error) { return nil, errStall }}
}

// TooOldEvent tells, instead of an event, that the version from which the client watches is too old.
func TooOldEvent() Fault {
	return Fault{wants: anyEvent, event: func([]byte) ([]byte, error) {
		return fmt.Appendf(nil, `{"type":"ERROR","object":%s}`+"\n", status(http.StatusGone, "Expired")), io.EOF
	}}
}

// GarbageEvent puts what is not JSON in the place of an event.
func GarbageEvent() Fault {
	return Fault{wants: anyEvent, event: func([]byte) ([]byte, error) { return []byte("{\"type\":<html>\x00\n"), nil }}
}

// NoBookmarks swallows bookmarks, except those that end the first list of a watch, without which no client could begin.
func NoBookmarks() Fault {
	return Fault{
		wants: func(event []byte) bool {
			return bytes.HasPrefix(event, []byte(`{"type":"BOOKMARK"`)) && !bytes.Contains(event, []byte("k8s.io/initial-events-end"))
		},
		event: func([]byte) ([]byte, error) { return nil, nil },
	}
}
