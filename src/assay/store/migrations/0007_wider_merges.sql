-- Wider merges once more: commits are small (what is in flight), and merging costs as much as writing (docs/decisions/0017).
ALTER TABLE @local(spans) @on_cluster MODIFY SETTING merge_selector_base = 24;
ALTER TABLE @local(spans_raw) @on_cluster MODIFY SETTING merge_selector_base = 24;
ALTER TABLE @local(bodies) @on_cluster MODIFY SETTING merge_selector_base = 24;
