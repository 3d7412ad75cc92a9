// Verifies one document as often as each line of standard input says, and answers with a line.
// Arguments: the document's file, and the time of judgement in milliseconds since 1970.
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/hf/nitrite"
)

func main() {
	document, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	milliseconds, err := strconv.ParseInt(os.Args[2], 10, 64)
	if err != nil {
		log.Fatal(err)
	}
	options := nitrite.VerifyOptions{CurrentTime: time.UnixMilli(milliseconds)}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		count, err := strconv.Atoi(lines.Text())
		if err != nil {
			log.Fatal(err)
		}
		for i := 0; i < count; i++ {
			if _, err := nitrite.Verify(document, options); err != nil {
				log.Fatal(err)
			}
		}
		fmt.Println("done")
	}
}
