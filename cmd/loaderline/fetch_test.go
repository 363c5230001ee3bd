package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// fetch writes the status and the body that a path of a run's server has: fetch LOG PATH [until TEXT]. The log of the
// run says where its server is. With a text it asks until the answer has it.
func fetch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 && (len(args) != 4 || args[2] != "until") {
		ts.Fatalf("usage: fetch log path [until text]")
	}
	found := regexp.MustCompile(`"msg":"http listening","address":"([^"]+)"`).FindStringSubmatch(ts.ReadFile(args[0]))
	if found == nil {
		ts.Fatalf("%s names no address", args[0])
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for {
		text, err := get(ctx, "http://"+found[1]+args[1])
		if ctx.Err() == nil {
			ts.Check(err)
		}
		if len(args) == 2 || strings.Contains(text, args[3]) {
			_, err := io.WriteString(ts.Stdout(), text)
			ts.Check(err)
			return
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			ts.Fatalf("%s never had %q:\n%s", args[1], args[3], text)
		}
	}
}

func get(ctx context.Context, url string) (text string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(response.Body)
	return fmt.Sprintf("%d %s", response.StatusCode, body), errors.Join(err, response.Body.Close())
}
