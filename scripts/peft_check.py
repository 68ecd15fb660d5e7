"""PEFT's side of peft-check: loads the adapter in a model folder and compares logits."""

import sys

import torch
from bench_policy import kinds, load, pictures
from peft import PeftModel
from safetensors.torch import load_file

folder = sys.argv[1]
_, model, inputs = load(folder, "cpu")
ids, prompt = inputs["ids"], int(inputs["prompt"])
given = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "use_cache": False}
given |= kinds(model, ids) | pictures(torch, model, inputs, len(ids))
with torch.no_grad():
    plain = model(**given).logits[:, prompt - 1 : -1]
    adapted = PeftModel.from_pretrained(model, f"{folder}/adapter").eval()
    logits = adapted(**given).logits[:, prompt - 1 : -1]
want = load_file(f"{folder}/adapted.safetensors")["logits"]
distance = (logits.reshape(want.shape) - want).abs().max().item()
count = sum("lora_A" in name for name, _ in adapted.named_parameters())
moved = (logits - plain).abs().max().item()
print(f"{folder.rsplit('/')[-1]}: {count} adapters move logits by {moved:.2f}; distance {distance:.1e} of 1e-04")
sys.exit(0 if distance <= 1e-4 and moved > 0.01 and count > 0 else 1)
