// Reads and writes through the door with an unmodified clickhouse-go over HTTP; prints one JSON object.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"

	"github.com/ClickHouse/clickhouse-go/v2"
)

func open(address, password string, method clickhouse.CompressionMethod) clickhouse.Conn {
	options := &clickhouse.Options{
		Protocol: clickhouse.HTTP,
		Addr:     []string{address},
		Auth:     clickhouse.Auth{Database: "assay", Username: "default", Password: password},
	}
	if method != clickhouse.CompressionNone {
		options.Compression = &clickhouse.Compression{Method: method}
	}
	conn, err := clickhouse.Open(options)
	if err != nil {
		panic(err)
	}
	return conn
}

func code(err error) int32 {
	var exception *clickhouse.Exception
	if errors.As(err, &exception) {
		return exception.Code
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return -1
	}
	return 0
}

// Reads all rows of a statement into the types that the driver picks, as Grafana's data source does.
func scan(conn clickhouse.Conn, statement string) (int, error) {
	rows, err := conn.Query(context.Background(), statement)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	count := 0
	for rows.Next() {
		var values []any
		for _, column := range rows.ColumnTypes() {
			values = append(values, reflect.New(column.ScanType()).Interface())
		}
		if err := rows.Scan(values...); err != nil {
			return count, err
		}
		count++
	}
	return count, rows.Err()
}

func main() {
	address, token := os.Args[1], os.Args[2]
	if len(os.Args) > 3 {
		counts := map[string]any{}
		conn := open(address, "", clickhouse.CompressionLZ4)
		for _, statement := range os.Args[3:] {
			count, err := scan(conn, statement)
			if err != nil {
				counts[statement] = err.Error()
			} else {
				counts[statement] = count
			}
		}
		json.NewEncoder(os.Stdout).Encode(counts)
		return
	}
	methods := map[string]clickhouse.CompressionMethod{
		"none": clickhouse.CompressionNone, "lz4": clickhouse.CompressionLZ4, "gzip": clickhouse.CompressionGZIP,
	}
	said := map[string]any{}
	ctx := context.Background()
	for name, method := range methods {
		reader := open(address, "", method)
		var rows uint64
		var text string
		err := reader.QueryRow(ctx, "SELECT count(), any(repeat('x', 3)) FROM numbers(200000) WHERE number >= {from:UInt64}", clickhouse.Named("from", "100")).Scan(&rows, &text)
		said["read_"+name] = []any{rows, text, code(err)}
		writer := open(address, token, method)
		batch, err := writer.PrepareBatch(ctx, "INSERT INTO go_rows (x, s)")
		if err == nil {
			for i := 0; i < 1000; i++ {
				err = errors.Join(err, batch.Append(uint64(i), name))
			}
			err = errors.Join(err, batch.Send())
		}
		said["insert_"+name] = code(err)
	}
	reader := open(address, "", clickhouse.CompressionNone)
	said["refused"] = code(reader.Exec(ctx, "DROP TABLE go_rows"))
	said["unknown_table"] = code(reader.QueryRow(ctx, "SELECT * FROM nowhere").Err())
	wrong := open(address, "not the token", clickhouse.CompressionNone)
	said["wrong_token"] = code(wrong.Exec(ctx, "SELECT 1"))
	json.NewEncoder(os.Stdout).Encode(said)
}
