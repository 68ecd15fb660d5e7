"""Writes an adapter with PEFT for the tiny Qwen3-VL beside this folder, and the logits of the adapted model.

    pip install torch transformers peft safetensors
    python make.py
"""

import pathlib

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

here = pathlib.Path(__file__).parent
base = here.parent / "qwen3vl" / "tiny_a"
torch.manual_seed(2)
model = Qwen3VLForConditionalGeneration(Qwen3VLConfig.from_pretrained(base)).eval()
missing, unexpected = model.load_state_dict(load_file(base / "model.safetensors"), strict=False)
assert not unexpected and all("lm_head" in name for name in missing), (missing, unexpected)
model.tie_weights()
targets = r".*language_model.*\.(q_proj|v_proj|down_proj)"
adapted = get_peft_model(model, LoraConfig(r=3, lora_alpha=5, target_modules=targets, use_rslora=True)).eval()
with torch.no_grad():
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            parameter.normal_(0.0, 0.2)
cases = load_file(base / "cases.safetensors")
ids = cases["b.input_ids"]
inputs = {
    "input_ids": ids, "attention_mask": torch.ones_like(ids), "pixel_values": cases["b.pixel_values"],
    "image_grid_thw": cases["b.image_grid_thw"],
}
image = model.config.image_token_id
inputs["mm_token_type_ids"] = (ids == image).int()
with torch.no_grad():
    logits = adapted(**inputs).logits[0]
    plain = adapted.disable_adapter
    with plain():
        base_logits = adapted(**inputs).logits[0]
print("adapter moves logits by", (logits - base_logits).abs().max().item())
print("base differs from golden by", (base_logits - cases["b.logits"][0]).abs().max().item())
adapted.save_pretrained(here / "adapter")
(here / "adapter" / "README.md").unlink(missing_ok=True)
save_file({"logits": logits.contiguous()}, here / "cases.safetensors")
