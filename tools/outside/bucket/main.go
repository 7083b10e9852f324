// An S3 service in memory that checks signatures (rclone's gofakes3), for the tests of what Crank keeps in a bucket.
//
//	go run ./bucket ADDRESS BUCKET ACCESS_KEY_ID SECRET_ACCESS_KEY
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"

	"github.com/rclone/gofakes3"
	"github.com/rclone/gofakes3/s3mem"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 4 {
		return fmt.Errorf("usage: ADDRESS BUCKET ACCESS_KEY_ID SECRET_ACCESS_KEY")
	}
	backend := s3mem.New()
	if err := backend.CreateBucket(context.Background(), args[1]); err != nil {
		return err
	}
	service := gofakes3.New(backend, gofakes3.WithV4Auth(map[string]string{args[2]: args[3]}))
	listener, err := net.Listen("tcp", args[0])
	if err != nil {
		return err
	}
	fmt.Println("listening on", listener.Addr())
	return http.Serve(listener, service.Server())
}
