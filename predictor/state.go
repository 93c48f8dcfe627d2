package predictor

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// decodeState reads the state of a model and refuses unknown fields and states
// of another model. name points to the field that names the model.
func decodeState(data []byte, model string, state any, name *string) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(state); err != nil {
		return fmt.Errorf("predictor %s: state: %w", model, err)
	}
	if *name != model {
		return fmt.Errorf("predictor %s: state: model is %q; want %q", model, *name, model)
	}
	return nil
}
